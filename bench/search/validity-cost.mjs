// @ts-check
/**
 * What validity and questions about time cost a search: CPU of the server for the same number of searches that no cache answers, in
 * two projects with the same texts, of which one has times of validity. Rounds are interleaved; the first line is the measure of the others.
 *
 *     EMBEDDING_PROVIDER=off node bench/search/validity-cost.mjs [--contexts 1000] [--searches 60] [--rounds 5]
 *
 * Starts the built product, embedded in a temporary folder or on DATABASE_URL.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { cpuMsOf, descendantsOf } from '#test/setup/services/process-table.mjs';
import { median } from '../median.mjs';
import { Product } from '../retrieval/product.mjs';

const { values } = parseArgs({
  options: {
    contexts: { type: 'string', default: '1000' },
    searches: { type: 'string', default: '60' },
    rounds: { type: 'string', default: '5' },
  },
});
const [contexts, searches, rounds] = [values.contexts, values.searches, values.rounds].map(Number);
const WORDS = 'otter heron badger ledger harbour lantern mill oven queue river staging payment budget migration'.split(
  ' ',
);
const AT_ONCE = 50;

/** @param {number} place */
const textOf = (place) =>
  Array.from({ length: 40 }, (_, index) => WORDS[(place * 7 + index * (1 + (place % 5))) % WORDS.length]).join(' ') +
  ` number ${place}`;

/** @type {Readonly<Record<string, readonly [project: string, question: (words: string) => string]>>} */
const ASKED = {
  'no times, plain question': ['plain', (words) => words],
  'no times, plain question again': ['plain', (words) => words],
  'no times, question about now': ['plain', (words) => `${words} right now`],
  'no times, question about a month': ['plain', (words) => `${words} in March 2024`],
  'with times, plain question': ['dated', (words) => words],
};

const product = await Product.start();
try {
  for (const project of ['plain', 'dated'])
    for (let place = 0; place < (contexts ?? 0); place += AT_ONCE)
      await product.call('POST', '/v1/contexts/batch', {
        project,
        items: Array.from({ length: AT_ONCE }, (_, index) => ({
          label: `text ${place + index}`,
          content: textOf(place + index),
          ...(project === 'dated' && index % 10 === 0
            ? { validFrom: '2024-01-01T00:00:00Z', slot: { subject: `${place % 100}`, attribute: `${index}` } }
            : {}),
        })),
      });
  let asked = 0;
  const cpuMs = () => descendantsOf(process.pid).reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  /** @type {Record<string, number[]>} */
  const perSearch = {};
  for (let round = -1; round < (rounds ?? 0); round++)
    for (const [name, [project, question]] of Object.entries(ASKED)) {
      const before = cpuMs();
      for (let index = 0; index < (searches ?? 0); index++) {
        const words = `${WORDS[index % WORDS.length]} ${WORDS[(index * 3 + 1) % WORDS.length]} unseen${++asked}`;
        await product.call('GET', `/v1/search?${new URLSearchParams({ project, q: question(words), limit: '10' })}`);
      }
      // The first round warms up.
      if (round >= 0) (perSearch[name] ??= []).push((cpuMs() - before) / (searches ?? 1));
    }
  const [first = []] = Object.values(perSearch);
  const base = median(first);
  console.table(
    Object.fromEntries(
      Object.entries(perSearch).map(([name, each]) => [
        name,
        { 'CPU ms': Number(median(each).toFixed(2)), ratio: Number((median(each) / base).toFixed(2)) },
      ]),
    ),
  );
  console.log(`load ${loadavg()[0]?.toFixed(2)}`);
} finally {
  await product.stop();
}
