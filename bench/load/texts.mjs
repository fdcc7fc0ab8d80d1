// @ts-check
import { mulberry32 } from '#test/support/random.mjs';

const SUBJECTS = [
  'database',
  'gateway',
  'queue',
  'login page',
  'invoice',
  'scheduler',
  'search index',
  'mobile client',
  'webhook',
  'retry policy',
  'payment',
  'test suite',
  'deployment',
  'log format',
  'rate limit',
  'migration',
  'cache',
  'report',
  'certificate',
  'backup',
  'feature flag',
  'importer',
  'editor',
  'permission',
  'session',
  'worker',
  'metric',
  'alert',
];
const VERBS = [
  'fails on',
  'waits for',
  'was moved to',
  'must not call',
  'depends on',
  'is slower than',
  'replaces',
  'is tested with',
  'writes to',
  'reads from',
  'was agreed with',
  'needs',
  'is documented in',
  'is owned by',
];
const DETAILS = [
  'every Monday',
  'in the European region',
  'since version 4',
  'when the disk is full',
  'after a timeout of 30 seconds',
  'for large customers',
  'without a network',
  'at the end of a month',
  'in staging alone',
  'behind the proxy',
  'with two replicas',
  'before the release',
  'on a cold start',
  'under load',
  'for anonymous users',
];

/** @template T @param {readonly T[]} list @param {() => number} random */
const one = (list, random) => /** @type {T} */ (list[Math.floor(random() * list.length)]);

/**
 * A text about what teams write down, the same for the same seed.
 *
 * @param {number} seed
 * @param {number} [sentences]
 */
export function textOf(seed, sentences = 8) {
  const random = mulberry32(seed);
  const all = Array.from({ length: sentences }, () => {
    const [subject, verb, object, detail] = [
      one(SUBJECTS, random),
      one(VERBS, random),
      one(SUBJECTS, random),
      one(DETAILS, random),
    ];
    return `The ${subject} ${verb} the ${object} ${detail}.`;
  });
  return `# ${one(SUBJECTS, random)} ${seed}\n\n${all.join(' ')}`;
}

/** A question as people type it, the same for the same seed. @param {number} seed */
export function questionOf(seed) {
  const random = mulberry32(seed + 7_000_000);
  const [subject, object] = [one(SUBJECTS, random), one(SUBJECTS, random)];
  return one(
    [
      `why ${subject} ${object}`,
      `${subject} ${one(DETAILS, random)}`,
      `how does the ${subject} use the ${object}`,
      subject,
    ],
    random,
  );
}
