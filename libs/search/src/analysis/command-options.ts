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
