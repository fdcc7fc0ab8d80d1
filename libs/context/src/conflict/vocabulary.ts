/*
 * The English words that the rules of conflicts know. A text in another language meets only the rules that need none: the same
 * slot, and nothing else.
 */

const listed = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter((word) => word !== ''));

/** Words that name nothing: a statement with and without them is about the same things. */
export const STOP_WORDS = listed(`
  a an the this that these those there here it its he she they them we us our ours you your i me my mine his her their
  and or but nor so yet if then than as at by for from in into of off on onto out over per through to under up upon via with within
  without between during after before since until while when where which who whom whose what
  be am is are was were been being have has had do does did can could will would shall should may might must
  not no never any some all both each every only just also too very more most less least about around
  now currently already still again today instead rather longer anymore new old`);

export const ARTICLES = listed('a an the');

/** Left out where sentences are compared: they say when, and not what. */
export const NOW_WORDS = listed('now currently already still presently nowadays today just');

/** Whoever uses one of them adds a thing to others. */
export const ADDING_WORDS = listed(
  'also too additionally another other others second secondary further else alternatively both either',
);

export const COORDINATORS = listed('and or plus &');

/** Before them a thing is named, behind them something else is said. */
export const BOUNDARIES = listed(`
  for in on at during because since as this last next yesterday today tomorrow and or but with so when while after before by to
  from is are was were now has have had will which that who , ; : ( ) – — " “ ” =`);

export const PREPOSITIONS = listed('by in on at with to from of called named through via for');

/** The beginning of what is one of several, or of what only the text before it names. */
export const INDEFINITE = listed(
  'a an one some another any part either it he she they this that these those who which here',
);

export const DEFINITE = listed('the our my your his her its their');

export const NEGATIONS = listed('not never no cannot neither nor nobody nothing none');

export const MONTHS = listed(`
  january february march april may june july august september october november december`);
export const WEEKDAYS = listed(`
  monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays`);
export const NUMBER_WORDS = listed(`
  zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen twenty thirty forty fifty sixty
  ninety hundred thousand million once twice daily weekly biweekly fortnightly monthly quarterly yearly annually hourly nightly
  first third fourth fifth noon midnight`);
/** A number and its unit are one value. */
export const UNITS = listed(`
  ms s sec secs second seconds m min mins minute minutes h hr hrs hour hours day days week weeks month months year years
  b kb mb gb tb kib mib gib tib byte bytes percent % eur usd gbp chf euro euros dollar dollars pound pounds cents
  am pm utc cet cest px km mm cm kg g`);

/** When something happened: no part of what it happened to. */
export const TIME_WORDS = listed(`
  weekend week weeks month months year years quarter sprint day days morning afternoon evening night ago back later earlier recently
  finally officially completely fully entirely everywhere early late end`);

/** Verbs of what is so, of which a sentence with another value says something else. As stems. */
export const STATE_VERBS = listed(`
  be have run us cost tak last expir start end begin open clos need requir allow keep hold pin listen stay point default
  equal wait charg pay send rotat refresh poll ship deploy stor cach liv sit belong report resid happen meet retain get
  target weigh`);

/** Verbs behind which a place or an owner stands, of which a thing has one at a time. As stems. */
export const PLACE_VERBS = listed(`
  belong liv report point default sit resid`);

/** What is done to a thing by one, or in one place. */
export const SINGLE_PARTICIPLES = listed(`
  owned led managed maintained run hosted handled headed chaired located based stored kept deployed called named assigned due
  scheduled moderated written billed housed registered sponsored operated`);

/** Something else was true before. */
export const CHANGED = listed(`
  switched moved migrated upgraded downgraded updated changed converted ported transferred relocated renamed raised lowered increased
  decreased reduced cut extended shortened bumped postponed rescheduled shifted went grew rose dropped fell passed transitioned set
  adjusted corrected swapped brought pushed delayed doubled halved`);

/** How a thing is used that another stands in for. As stems. */
export const USE_VERBS = listed(`
  us run go stor keep deploy log send publish build host writ get cach be tak track call rely depend format lint test sign
  pick prefer read ship report meet pay charg`);

/** Before a colon at the start of a line, they say what kind of note it is. */
export const NOTE_KINDS = listed(`
  note update decision correction reminder fyi heads-up change info status summary erratum fix decided agreed amended todo important
  warning announcement`);

const IRREGULAR: Readonly<Record<string, string>> = {
  use: 'us',
  is: 'be',
  are: 'be',
  was: 'be',
  were: 'be',
  been: 'be',
  being: 'be',
  am: 'be',
  has: 'have',
  had: 'have',
  having: 'have',
  does: 'do',
  did: 'do',
  done: 'do',
  kept: 'keep',
  held: 'hold',
  ran: 'run',
  running: 'run',
  sent: 'send',
  built: 'build',
  written: 'writ',
  wrote: 'writ',
  paid: 'pay',
  led: 'lead',
  took: 'tak',
  taken: 'tak',
  went: 'go',
  goes: 'go',
  gone: 'go',
  begun: 'begin',
  began: 'begin',
  met: 'meet',
  got: 'get',
  gets: 'get',
  sat: 'sit',
  sold: 'sell',
  gave: 'giv',
  given: 'giv',
  chosen: 'choos',
  chose: 'choos',
  people: 'person',
};

/**
 * A word as it is compared: without the endings of plural, tense and person. The same for words that are forms of one another, and
 * not meant to be read.
 */
export function stemOf(lower: string): string {
  const irregular = IRREGULAR[lower];
  if (irregular !== undefined) return irregular;
  let stem = lower.replace(/['’]s?$/, '');
  if (stem.length < 4 || /\d/.test(stem)) return stem;
  if (stem.endsWith('ies')) stem = `${stem.slice(0, -3)}y`;
  else if (stem.endsWith('s') && !/(?:ss|us|is)$/.test(stem)) stem = stem.slice(0, -1);
  for (const ending of ['ing', 'ed']) {
    const rest = stem.slice(0, -ending.length);
    if (!stem.endsWith(ending) || stem.endsWith('eed') || rest.length < 2 || !/[aeiouy]/.test(rest)) continue;
    const isDoubled = rest.length > 3 && rest.at(-1) === rest.at(-2) && !/(?:ll|ss|zz)$/.test(rest);
    stem = isDoubled ? rest.slice(0, -1) : rest;
    break;
  }
  return stem.length > 2 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
}
