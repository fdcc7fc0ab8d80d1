import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, '../../bench/retrieval/run.mjs');

/** Two projects with the same ids. Ranks are plain: what holds more of the words comes first. */
const set = {
  name: 'animals',
  collections: [
    {
      id: 'sea',
      docs: [
        { id: 'd1', text: 'The walrus sleeps on the ice.' },
        { id: 'd2', text: 'The narwhal dives under the ice.' },
        { id: 'd3', text: 'A gull cries.' },
      ],
      queries: [
        { id: 'q1', text: 'where does the walrus sleep?', cat: 'plain', gold: ['d1'] },
        { id: 'q2', text: 'what is on the ice, a walrus or a narwhal?', cat: 'plain', gold: ['d1', 'd2'] },
        { id: 'q3', text: 'walrus', cat: 'plain', gold: ['d3', 'd1'] },
        { id: 'q4', text: 'camel', cat: 'plain', gold: ['d1'] },
        { id: 'q5', text: 'walrus', cat: 'adversarial', gold: ['d3'] },
        { id: 'q6', text: 'walrus', cat: 'plain', gold: [] },
        { id: 'q7', text: 'walrus', cat: 'plain', gold: ['d3'], bad: 'wrong' },
      ],
    },
    {
      id: 'desert',
      docs: [
        { id: 'd1', text: 'The camel drinks.' },
        { id: 'd2', text: 'A walrus is not seen here.' },
      ],
      queries: [{ id: 'q1', text: 'does a camel drink?', cat: 'plain', gold: ['d1'] }],
    },
    {
      id: 'chat',
      docs: [
        { id: 'm1', session: 1, ts: '1:56 pm on 8 May, 2023', speaker: 'Ann', text: 'Ann: I saw an osprey.' },
        { id: 'm2', session: 1, ts: 'May-09-2023', speaker: 'user', text: 'Where was it?' },
        { id: 'd3', text: 'A note about herons.' },
      ],
      queries: [
        { id: 'q1', text: 'who saw an osprey?', cat: 'plain', gold: ['m1'] },
        { id: 'q2', text: 'herons', cat: 'plain', gold: ['d3'] },
        { id: 'q3', text: 'osprey', cat: 'abstention', gold: ['m2'] },
      ],
    },
  ],
};

describe('npm run bench:retrieval', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keepsake-set-'));
    await writeFile(join(folder, 'set.json'), JSON.stringify(set));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('prints one JSON object with the metrics of its own search, in percent', async () => {
    const { PATH, HOME } = process.env;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [SCRIPT, '--data', join(folder, 'set.json'), '--json'],
      { env: { PATH, HOME, EMBEDDING_PROVIDER: 'local' }, cwd: folder },
    );

    expect(stdout.trim().split('\n')).toHaveLength(1);
    // q1, q2, the camel's and both of the chat are found whole and first; q3 half, first; q4 not at all.
    expect(JSON.parse(stdout)).toEqual({
      set: 'animals',
      ran: ['hybrid'],
      queries: 7,
      empty: 1,
      leaks: 0,
      metrics: { 'R@1': 71.43, 'R@5': 78.57, 'R@10': 78.57, 'R@20': 78.57, 'hit@5': 85.71, MRR: 85.71 },
    });
  }, 120_000);

  it('takes several sets and modes at once', async () => {
    const { PATH, HOME } = process.env;
    const data = join(folder, 'set.json');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [SCRIPT, '--data', data, '--data', data, '--mode', 'keyword,hybrid', '--json'],
      { env: { PATH, HOME, EMBEDDING_PROVIDER: 'local' }, cwd: folder },
    );

    const { sets } = JSON.parse(stdout) as { sets: { results: { ran: string[]; metrics: object }[] }[] };
    expect(sets.map(({ results }) => results.map(({ ran }) => ran))).toEqual([
      [['keyword'], ['hybrid']],
      [['keyword'], ['hybrid']],
    ]);
    expect(sets[0]).toEqual(sets[1]);
  }, 120_000);

  it('says what hybrid search finds without one part of its ranking, and that it is not below its channels', async () => {
    const { PATH, HOME } = process.env;
    const data = join(folder, 'set.json');
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [SCRIPT, '--data', data, data, '--mode', 'keyword,semantic,hybrid', '--parts', '--json'],
      { env: { PATH, HOME, EMBEDDING_PROVIDER: 'local' }, cwd: folder },
    );

    const { sets } = JSON.parse(stdout) as {
      sets: { results: { without?: Record<string, object>; metrics: object }[] }[];
    };
    expect(sets).toHaveLength(2);
    const [keyword, , hybrid] = sets[0]!.results;
    expect(keyword!.without).toBeUndefined();
    expect(Object.keys(hybrid!.without!)).toEqual([
      'neighbours',
      'author',
      'role',
      'time',
      'recency',
      'priority',
      'weak hits',
    ]);
    // No hit of this set is weak, and none has a priority.
    expect(hybrid!.without!['weak hits']).toEqual(hybrid!.metrics);
    expect(hybrid!.without!['priority']).toEqual(hybrid!.metrics);
    expect(stderr).toBe('');
  }, 120_000);
});
