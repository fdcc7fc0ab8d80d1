/** Commands whose long options stand behind one dash, and those options, as far as they are words as well. */
const LONG_OPTIONS: Readonly<Record<string, string>> = {
  find: 'name iname path ipath type exec size empty newer user group perm print delete depth maxdepth mindepth mtime',
  java: 'jar cp classpath version help verbose server client',
  javac: 'cp classpath source target release verbose',
  gcc: 'std shared static pthread include',
  clang: 'std shared static pthread include',
  go: 'race cover bench run count timeout tags short mod',
  openssl: 'in out text connect subj days nodes key cert config newkey keyout servername verify',
  ffmpeg: 'vf af ss to map codec preset filter format',
  terraform: 'target var auto-approve destroy upgrade lock',
  convert: 'resize quality crop rotate strip density',
  magick: 'resize quality crop rotate strip density',
  ip: 'brief color details stats',
  powershell: 'command file noprofile version help',
  pwsh: 'command file noprofile version help',
};

const optionsOf = new Map(
  Object.entries(LONG_OPTIONS).map(([command, options]) => [command, new Set(options.split(' '))]),
);

/** Commands that take several options of one letter behind one dash: `-rf`, `-it`, `-xzf`. */
const TAKES_CLUSTERS = new Set(
  `ls rm cp mv ps df du tar grep egrep zgrep ssh scp rsync curl wget docker podman kubectl chmod chown sort cut head tail
  netstat ss lsof git unzip zip ln cat diff xargs sed awk mkdir useradd usermod journalctl dig nc nmap pgrep pkill id
  mount top date wc uniq tee make sudo su psql mysql pacman apt npm`.split(/\s+/),
);
const CLUSTER = /^(?:[A-Za-z]{2,3}|[b-df-hj-np-tv-z]{4,6})$/;
/** A command of PowerShell, all of whose options stand behind one dash. */
const CMDLET = /^[A-Z][a-z]+-[A-Z][A-Za-z]+$/;
/** No word that anybody would want to leave out: one letter, a number, a switch with a number or a value in it. */
const NEVER_A_WORD = /^.$|\p{N}|[=/\\]/u;

/**
 * Whether a dash before `word` makes it the option of a command, or a number negative, and leaves nothing out.
 * @param before the words of the query that stand before it
 */
export function isOption(word: string, before: readonly string[]): boolean {
  if (NEVER_A_WORD.test(word)) return true;
  const name = word.toLowerCase();
  return before.some(
    (command) =>
      CMDLET.test(command) ||
      optionsOf.get(command)?.has(name) === true ||
      (TAKES_CLUSTERS.has(command) && CLUSTER.test(word)),
  );
}

/**
 * What a text holds besides words and a person may look for as it stands: emoji and other symbols (`🚀`, `=>`, `€`),
 * and options of commands (`-name`). Each has a term that no text search configuration stems or drops.
 *
 * Runs of symbols give overlapping pairs, as scripts without spaces do, and the single ones that say something by
 * themselves. Punctuation of prose gives nothing alone: it is in every text.
 */
interface Literal {
  readonly term: string;
  readonly text: string;
  /** Offsets in UTF-16 units, `end` exclusive. */
  readonly start: number;
  readonly end: number;
}

interface Sign {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Terms of literals begin so. They count for finding, not for the length of a document. */
export const LITERAL_PREFIX = 'lit0';

const signRuns = /[\p{S}\p{P}\p{Co}][\p{S}\p{P}\p{Co}\p{Default_Ignorable_Code_Point}]*/gu;
/** A flag is two letters of its own kind. */
const signs = /\p{Regional_Indicator}{2}|[\p{S}\p{P}\p{Co}]/gu;
/** One that is found alone, in a text. */
const significant = /[\p{S}\p{Co}@#%&*\\§¶†‡•‰]/u;
/** One that is looked for alone even where others stand beside it. */
const picture = /[\p{So}\p{Sc}\p{Co}]/u;
const prose = /[\p{Pd}\p{Pi}\p{Pf}.,;:!?'"()…¿¡、。・「」『』，．：；！？（）]/u;
/** An option behind one dash, where a word can start; a longer one is no option that anybody types. */
const optionsWithOneDash = /(?<![\p{L}\p{N}\p{M}_)\]-])-([A-Za-z][A-Za-z0-9_-]{1,40})/gu;

export function isLiteralTerm(term: string): boolean {
  return term.startsWith(LITERAL_PREFIX);
}

/** What a text is found by, in its order, also the same more than once. Linear in the length of the text. */
export function* literals(text: string): Generator<Literal> {
  for (const run of runsOf(text)) {
    for (const [index, sign] of run.entries()) {
      if (significant.test(sign.text)) yield { ...sign, term: termOf(sign.text) };
      const next = run[index + 1];
      if (next !== undefined && saysSomething(sign.text, next.text)) yield pair(sign, next);
    }
  }
  yield* optionsIn(text);
}

/** Options behind one dash alone. */
export function* optionsIn(text: string): Generator<Literal> {
  for (const { 0: written, 1: name = '', index } of text.matchAll(optionsWithOneDash)) {
    const term = `${LITERAL_PREFIX}o${name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')}`;
    yield { term, text: written, start: index, end: index + written.length };
  }
}

/**
 * The terms that a query of this text looks for, each once; options are not among them (see `optionsIn`). Beside words
 * repeated punctuation (`--all`, `a::b`) says nothing.
 */
export function literalTermsOf(query: string, { hasWords }: { readonly hasWords: boolean }): string[] {
  const terms = new Set<string>();
  for (const run of runsOf(query)) {
    for (const [index, sign] of run.entries()) {
      const isAlone = run.length === 1 || picture.test(sign.text);
      if (isAlone && significant.test(sign.text)) terms.add(termOf(sign.text));
      const next = run[index + 1];
      if (next === undefined || (hasWords && prose.test(sign.text) && prose.test(next.text))) continue;
      if (saysSomething(sign.text, next.text)) terms.add(termOf(`${sign.text}${next.text}`));
    }
  }
  return [...terms];
}

function* runsOf(text: string): Generator<readonly Sign[]> {
  for (const { 0: run, index } of text.matchAll(signRuns)) {
    if (run.length === 1) {
      // Most of prose: nothing to take apart.
      yield [{ text: run, start: index, end: index + 1 }];
      continue;
    }
    yield [...run.matchAll(signs)].map(({ 0: sign, index: at }) => ({
      text: sign,
      start: index + at,
      end: index + at + sign.length,
    }));
  }
}

function saysSomething(first: string, second: string): boolean {
  return first === second || !prose.test(first) || !prose.test(second);
}

function pair(first: Sign, second: Sign): Literal {
  const text = `${first.text}${second.text}`;
  return { term: termOf(text), text, start: first.start, end: second.end };
}

/** Letters and digits alone, so that no parser takes it apart. */
function termOf(sign: string): string {
  const points = [...sign].map((character) => plain(character).codePointAt(0)?.toString(16));
  return `${LITERAL_PREFIX}s${points.join('x')}`;
}

/** Full-width forms are those of ASCII. */
function plain(character: string): string {
  const form = character.normalize('NFKC');
  return [...form].length === 1 ? form : character;
}
