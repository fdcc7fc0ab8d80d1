const LENGTH = 1024 * 1024;

/** Repeats a unit to 1 MiB. */
export function filled(unit: string, length = LENGTH): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}

/** What makes patterns and loops that are not linear take minutes, by what they are made of. */
function hostileTextsOf(length: number): ReadonlyMap<string, string> {
  const filledUp = (unit: string) => filled(unit, length);
  return new Map([
    ['a heading of spaces with U+2028', `#${filledUp(' ')}x\u2028y`],
    ['a heading with spaces before its last word', `# a${filledUp(' ')}b`],
    ['a heading of marks', `# a${filledUp(' #')}b`],
    ['headings', filledUp('# a\n')],
    ['spaces', `a${filledUp(' ')}b`],
    ['tabs between words', `a${filledUp('\t')}b`],
    ['line ends', `a${filledUp('\n')}b`],
    ['line separators', `a${filledUp('\u2028')}b`],
    ['dashes', filledUp('-')],
    ['a name of dashes', `use ${filledUp('a-')} a b c d e f g`],
    ['names of dashes', filledUp(`use ${'a-'.repeat(60)}a b c d e f g\n`)],
    ['a rule and spaces', filledUp(`never, must${' '.repeat(450)}not. `)],
    ['list marks', filledUp(' - ')],
    ['quotes behind a full stop', `.${filledUp('"')}x`],
    ['full stops', filledUp('.')],
    ['fences', filledUp('```\n')],
    ['backticks', filledUp('`a')],
    ['keys', filledUp('a :  ')],
    ['words without end', filledUp('aB_1')],
    ['comments', filledUp('<!-- -->')],
    ['open comments', filledUp('<!--')],
    ['angle brackets', filledUp('<')],
    ['closing tags', `${'<i>'.repeat(900)}${filledUp('</b>')}`],
    ['one base and many marks', `a${filledUp('\u0301')}`],
    ['regional indicators', filledUp('\u{1F1E9}')],
  ]);
}

/** 1 MiB each, as much as a context takes. */
export const hostileTexts = hostileTextsOf(LENGTH);

/** A quarter of that shows as well what is not linear; `HOSTILE_TEXT_KIB` makes them longer. */
const SHORTER = Number(process.env['HOSTILE_TEXT_KIB'] ?? 256) * 1024;
export const shorterHostileTexts = hostileTextsOf(SHORTER);

/** Processor time of this process that some work takes, in milliseconds; waiting for others is not counted. */
export function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Generous against the tenth of a second that is usual for 256 KiB. What is not linear takes many seconds. */
const HOSTILE_TEXT_CPU_MS = (1_500 * SHORTER) / (256 * 1024);

/** Whether work on a shorter one takes longer than it may, each time: garbage of others is collected at the same time. */
export function isSlowOnHostileText(work: () => unknown): boolean {
  return [1, 2, 3].every(() => cpuMs(work) > HOSTILE_TEXT_CPU_MS);
}
