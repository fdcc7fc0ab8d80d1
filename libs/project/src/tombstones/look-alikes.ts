/**
 * Characters that are drawn alike, each row by the one that stands for all of it: those of Unicode's table of confusable
 * characters (UTS 39) that are letters, digits and marks of everyday scripts. The texts are in small letters and in NFKD, so
 * full-width, circled, mathematical and accented forms need no row. A small letter has the row of its capital as well
 * (Cyrillic `в` that of B), but for three Greek letters whose capital looks like another one.
 */
const ROWS: Readonly<Record<string, string>> = {
  a: 'аɑαᴀ⍺',
  b: 'вьβʙƅ',
  c: 'сϲᴄⲥ',
  d: 'ԁᴅɗ',
  e: 'еҽεᴇ℮',
  f: 'ꜰքϝ',
  g: 'ɡɢցԍ',
  h: 'нһհʜⲏ',
  j: 'јϳᴊ',
  k: 'кκᴋⲕ',
  l: 'i1|іιıɩɪӏǀ∣׀ןוاⵏʟ',
  m: 'мμᴍⲙ',
  n: 'ոռɴ',
  o: '0оοσςօסە٥ⲟᴏ',
  p: 'рρϱᴘⲣ',
  q: 'ԛզգ',
  r: 'гᴦʀⲅ',
  s: 'ѕꜱշ',
  t: 'тτᴛⲧ',
  u: 'սʋᴜ',
  v: 'ѵᴠט',
  w: 'ѡԝωᴡա',
  x: 'хχⲭ×',
  y: 'уγүʏⲩ',
  z: 'ζᴢ',
  '3': 'зʒӡ',
  "'": '’‘‛ʼʻʽ′`´ʹˈ',
  '"': '“”„‟″«»ˮ',
  '-': '‐‒–—―−⁃˗⸺',
  ',': '‚،',
  '.': '․۔',
  ':': '∶։׃ː',
  '/': '⁄∕⧸',
  '\\': '∖⧵',
  '*': '∗⁎٭',
  '~': '∼˜⁓',
  '·': '•‧∙⋅・',
  '!': 'ǃ',
  '<': '‹',
  '>': '›',
};

/** Of the three Greek letters: what they look like small, and as capitals. */
const SMALL = { n: 'η', u: 'υ', v: 'ν' };
const CAPITAL = { h: 'η', y: 'υ', n: 'ν' };

/** By UTF-16 code unit: the unit that stands for it. */
export type LookAlikes = Uint16Array;

export const smallLookAlikes = tableOf(SMALL);
export const capitalLookAlikes = tableOf(CAPITAL);

function tableOf(greek: Readonly<Record<string, string>>): LookAlikes {
  const table = Uint16Array.from({ length: 0x1_00_00 }, (_, unit) => unit);
  for (const rows of [ROWS, greek])
    for (const [one, alike] of Object.entries(rows))
      for (let at = 0; at < alike.length; at++) table[alike.charCodeAt(at)] = one.charCodeAt(0);
  return table;
}
