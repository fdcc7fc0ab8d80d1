/** A text that is rejected. */
export const REJECTED = 'The deploy key of atlas lies under the third stone.';

/** The same text in other forms. */
export const VARIANTS: Readonly<Record<string, string>> = {
  itself: REJECTED,
  'letter case': REJECTED.toUpperCase(),
  'white space': '  The deploy\tkey of\u00A0atlas\r\n lies under the third stone.\n',
  'compatibility forms': 'Ｔｈｅ ｄｅｐｌｏｙ 𝐤𝐞𝐲 of atlas lies under the ⓣhird stone.',
  'invisible characters': 'The de\u200Bploy key of at\u00ADlas lies under\uFEFF the third stone.',
  'look-alikes': 'Тhе dерlоу kеу of atlas lies under the third st0ne.',
};

/** Other texts, whatever they say. */
export const OTHERS: Readonly<Record<string, string>> = {
  'a paraphrase': 'Under the third stone lies the key that deploys atlas.',
  'a longer text': `${REJECTED} Ask Mina for it.`,
};
