/** Letters and digits, joined by what joins the parts of a name: `don't`, `node.js`, `pull-request`, `C++`, `a/b`. */
const WORD = /[\p{L}\p{N}_]+(?:[.'’/@:_-][\p{L}\p{N}_]+)*(?:\+\+|#)?/gu;

const set = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** They turn what is said into its opposite, or say that it is not what is going to be done. */
const NEGATIONS = set(
  'not never no none nothing cannot without avoid avoids avoiding avoided instead rather skip skips skipping skipped omit ' +
    'omits omitting omitted ignore ignores ignoring ignored disable disables disabling disabled stop stops stopped stopping ' +
    'prevent prevents preventing prevented forbid forbids forbidden forbidding refuse refuses refusing refused reject rejects ' +
    'rejected rejecting remove removes removed removing unless except whether forgot forget neither nor hardly',
);
/** They say of a thing that is done that it is left out. */
const OMISSIONS = set(
  'skip skips skipping skipped omit omits omitting omitted ignore ignores ignoring disable disabling',
);

/** They say nothing about what is done. Prepositions of place and time come and go: `on Friday`, `this Friday`. */
const FILLERS = set(
  'a an the any all some each every this that these those your our my their its his her it them they we you i us me he she ' +
    'be been being is are was were am will would shall can could may might do does did have has had please also just ever ' +
    "then now simply directly really very on at in during within inside of and or going i'll we'll i'm we're let's lets",
);

export interface Word {
  /** In lower case. */
  readonly text: string;
  readonly stem: string;
  /** Position of its first unit in the text. */
  readonly at: number;
}

export function wordsOf(text: string): Word[] {
  return [...wordsIn(text)];
}

/** The same, one after the other. */
export function* wordsIn(text: string): Generator<Word> {
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const lower = word.toLowerCase().replaceAll('’', "'");
    yield { text: lower, stem: stemOf(lower), at: index };
  }
}

export function isNegation({ text }: Pick<Word, 'text'>): boolean {
  return NEGATIONS.has(text) || text.endsWith("n't");
}

export function isOmission({ text }: Pick<Word, 'text'>): boolean {
  return OMISSIONS.has(text);
}

export function isFiller({ text }: Pick<Word, 'text'>): boolean {
  return FILLERS.has(text);
}

/** English endings of nouns and verbs taken off, lightly: `deploying`, `deploys` and `deployed` are `deploy`. */
function stemOf(word: string): string {
  const bare = word.replace(/'s$/, '');
  // Names with marks in them have no endings.
  if (!/^\p{L}{4,}$/u.test(bare)) return bare;
  const noun = bare
    .replace(/ies$/, 'y')
    .replace(/(?<=ss|sh|ch|x|z)es$/, '')
    .replace(/(?<![su])s$/, '');
  const verb = noun.replace(/(?<=[^e]..)(?:ing|ed)$/, '');
  const single = verb === noun ? verb : verb.replace(/([bdgmnprt])\1$/, '$1');
  return single.length > 3 ? single.replace(/e$/, '') : single;
}
