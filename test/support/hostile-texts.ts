const LENGTH = 1024 * 1024;

/** Repeats a unit to 1 MiB. */
export function filled(unit: string, length = LENGTH): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}

/** What makes patterns and loops that are not linear take minutes: 1 MiB each, by what they are made of. */
export const hostileTexts: ReadonlyMap<string, string> = new Map([
  ['a heading of spaces with U+2028', `#${filled(' ')}x\u2028y`],
  ['a heading with spaces before its last word', `# a${filled(' ')}b`],
  ['a heading of marks', `# a${filled(' #')}b`],
  ['headings', filled('# a\n')],
  ['spaces', `a${filled(' ')}b`],
  ['tabs between words', `a${filled('\t')}b`],
  ['line ends', `a${filled('\n')}b`],
  ['line separators', `a${filled('\u2028')}b`],
  ['dashes', filled('-')],
  ['a name of dashes', `use ${filled('a-')} a b c d e f g`],
  ['names of dashes', filled(`use ${'a-'.repeat(60)}a b c d e f g\n`)],
  ['a rule and spaces', filled(`never, must${' '.repeat(450)}not. `)],
  ['list marks', filled(' - ')],
  ['quotes behind a full stop', `.${filled('"')}x`],
  ['full stops', filled('.')],
  ['fences', filled('```\n')],
  ['backticks', filled('`a')],
  ['keys', filled('a :  ')],
  ['words without end', filled('aB_1')],
  ['comments', filled('<!-- -->')],
  ['open comments', filled('<!--')],
  ['angle brackets', filled('<')],
  ['closing tags', `${'<i>'.repeat(900)}${filled('</b>')}`],
  ['one base and many marks', `a${filled('\u0301')}`],
  ['regional indicators', filled('\u{1F1E9}')],
]);

/** Processor time of this process that some work takes, in milliseconds; waiting for others is not counted. */
export function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Generous against the tenth of a second that is usual: garbage is collected at the same time. What is not linear takes minutes. */
export const HOSTILE_TEXT_CPU_MS = 6_000;
