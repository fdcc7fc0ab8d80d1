import { randomBytes } from 'node:crypto';
import { textKeysOf } from './text-keys.js';

const SECRET = randomBytes(32);

async function haveKeyInCommon(one: string, other: string): Promise<boolean> {
  const [a, b] = [await textKeysOf(one, SECRET), await textKeysOf(other, SECRET)];
  return a.small.equals(b.small) || a.capital.equals(b.capital);
}

const TEXT = 'The deploy key of atlas is kept in Vienna.';

describe('keys of a text', () => {
  it.each([
    ['itself', TEXT],
    ['another letter case', 'THE DEPLOY KEY OF ATLAS IS kept in vienna.'],
    ['other white space', '  The\tdeploy key\r\nof  atlas is kept\u2003in Vienna.\n\n'],
    ['a space that does not break', 'The\u00A0deploy\u202Fkey of atlas is kept in Vienna.'],
    ['an ideographic space', 'The\u3000deploy key of atlas is kept in Vienna.'],
    ['a zero-width space', 'The de\u200Bploy key of at\u200Clas is kept in Vi\u2060enna.'],
    ['soft hyphens', 'The de\u00ADploy key of atlas is kept in Vi\u00ADenna.'],
    ['marks of direction', '\u202EThe deploy\u202C key of \u2066atlas\u2069 is kept in Vienna.\u200F'],
    ['a byte order mark', '\uFEFFThe deploy key of atlas is kept in Vienna.'],
    ['tags', 'The deploy key of atlas is kept in Vienna.\u{E0041}\u{E0042}'],
    ['variation selectors', 'The\uFE0F deploy key of atlas is kept in Vienna.\u{E0100}'],
    ['Hangul fillers', 'The\u3164 deploy key of atlas\uFFA0 is kept in Vienna.'],
    ['control characters', 'The\u0007 deploy key of atlas is kept in Vienna.\u001B'],
    ['full-width forms', 'Ｔｈｅ ｄｅｐｌｏｙ ｋｅｙ of atlas is kept in Vienna．'],
    ['mathematical letters', '𝐓𝐡𝐞 𝒅𝒆𝒑𝒍𝒐𝒚 𝔨𝔢𝔶 of atlas is kept in Vienna.'],
    ['letters in circles', 'Ⓣⓗⓔ deploy key of atlas is kept in Vienna.'],
    ['Cyrillic letters', 'Тhе dерlоу kеу оf аtlаs іs kерt іn Viеnnа.'],
    ['Cyrillic capitals', 'ТНЕ DEPLOY KEY OF ATLAS IS KEPT IN VIENNA.'],
    ['Greek letters', 'Τhε deplογ κey οf αtlαs ιs κεpτ ιn Viennα.'],
    ['Greek capitals', 'ΤΗΕ DΕΡLΟΥ ΚΕΥ ΟF ΑΤLΑS ΙS ΚΕΡΤ ΙΝ VΙΕΝΝΑ.'],
    ['Greek small letters where the capital is another', 'The deploy key of atlas is kept in νieηηa.'],
    ['small capitals', 'Tʜᴇ ᴅᴇᴘʟᴏʏ ᴋᴇʏ of atlas is kept in Vienna.'],
    ['digits', 'The dep1oy key 0f at1as is kept in Vienna.'],
    ['another order of marks', 'The deploy key of atlas is kept in Vienna.'],
  ])('are those of the text with %s', async (_, variant) => {
    expect(await haveKeyInCommon(TEXT, variant)).toBe(true);
  });

  it.each([
    ['composed accents', 'Café é', 'Cafe\u0301 e\u0301'],
    ['two orders of marks', 'a\u0315\u0300 x', 'a\u0300\u0315 x'],
    ['ligatures', 'The oﬃce', 'The office'],
    ['a sharp s in capitals', 'Straße', 'STRASSE'],
    ['a final sigma', 'ΟΔΟΣ μας', 'οδος ΜΑΣ'],
    ['a dotted capital', 'İzmir', 'izmir'],
    ['Cyrillic in capitals', 'Ключ лежит в Вене', 'КЛЮЧ ЛЕЖИТ В ВЕНЕ'],
    ['quotation marks and dashes', '“It’s” – so…', '"It\'s" - so...'],
    ['an acute accent for an apostrophe', 'It´s', "It's"],
    ['rn that looks like m', 'The modern rnodem', 'The modem modem'],
    ['supers and fractions', 'x² is ½', 'x2 is 1⁄2'],
  ])('are the same with %s', async (_, one, other) => {
    expect(await haveKeyInCommon(one, other)).toBe(true);
  });

  it.each([
    ['a paraphrase', 'In Vienna is kept the deploy key of atlas.'],
    ['a longer text that contains it', `${TEXT} Ask Mina.`],
    ['a part of it', 'The deploy key of atlas'],
    ['another name', 'The deploy key of atlas is kept in Verona.'],
    ['a negation', 'The deploy key of atlas is not kept in Vienna.'],
    ['another punctuation', 'The deploy key of atlas is kept in Vienna!'],
    ['nothing', ''],
  ])('are others for %s', async (_, other) => {
    expect(await haveKeyInCommon(TEXT, other)).toBe(false);
  });

  it('are others for a letter with an accent, and in another script', async () => {
    expect(await haveKeyInCommon('resume', 'résumé')).toBe(false);
    expect(await haveKeyInCommon('日本の鍵', '日本の鏡')).toBe(false);
  });

  it('are others under another secret', async () => {
    const [one, other] = [await textKeysOf(TEXT, SECRET), await textKeysOf(TEXT, randomBytes(32))];
    expect(one.small.equals(other.small) || one.capital.equals(other.capital)).toBe(false);
  });

  it('of long texts do not hang on where their pieces end', async () => {
    for (const part of ['Word by word. ', '日本の鍵', '👩‍🚀 ', 'e\u0301']) {
      const text = part.repeat(40_000 / part.length);
      expect([part, await haveKeyInCommon(text, `  ${text.normalize('NFC')}`)]).toEqual([part, true]);
      expect([part, await haveKeyInCommon(text, `${text}!`)]).toEqual([part, false]);
    }
  });

  it('T66 are made in linear time of marks out of order, which normalising sorts, and of what becomes long', async () => {
    for (const part of ['\u0315\u0300', '\uFDFA', '\u{10FFFF}', '\uDC00', ' ', '\u200B', 'm', 'ß', 'ΐ']) {
      const { user } = process.cpuUsage();
      await textKeysOf(part.repeat(1_000_000 / Buffer.byteLength(part)), SECRET);
      // Sorted as one run, the first takes minutes.
      expect([part, (process.cpuUsage().user - user) / 1_000_000 < 10]).toEqual([part, true]);
    }
  });
});
