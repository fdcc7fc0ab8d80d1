import { readFileSync } from 'node:fs';
import { Api } from '#test/support/api.js';
import { conflictsFound } from '#test/support/conflicts-found.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';
import { ARE_TABLES_WHOLE, rowsFor } from '#test/support/table-rows.js';

interface Statement {
  readonly text: string;
  /** When it was said. */
  readonly at?: string;
  readonly label?: string;
  readonly slot?: { readonly subject: string; readonly attribute: string };
  readonly validFrom?: string;
  readonly validTo?: string;
  /** Places of earlier statements that the client says it takes the place of: no rule can see that for sure. */
  readonly supersedes?: readonly number[];
}

/** What was said of one thing, in the order in which it arrived, and what is to be found of it. */
interface History {
  readonly kind: string;
  readonly writes: readonly Statement[];
  /** The same question in three ways. */
  readonly asks: readonly string[];
  /** A piece of the text that is true now. */
  readonly current: string;
  /** Of a text that is not any more. */
  readonly old: string | null;
  readonly asOf?: { readonly time: string; readonly fragment: string };
  /** Whether one of the texts takes the place of another. */
  readonly replaces: boolean;
}

const histories = ['histories-a.json', 'histories-b.json'].flatMap((file) =>
  (JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as History[]).map(
    (history, place) => [`${file.slice(10, 11)}${place + 1}, ${history.kind}`, history] as const,
  ),
);

/** Every tenth of those that the rules are tried on. */
const pairs = (
  JSON.parse(readFileSync(new URL('compatible-pairs.json', import.meta.url), 'utf8')) as { a: string; b: string }[]
).filter((_, place) => place % (ARE_TABLES_WHOLE ? 5 : 10) === 0);

/** Of which two texts are valid at the time that is asked about: their words alone decide which is first. */
const BOTH_VALID_THEN = new Set(['b22, validity ends']);

/** Questions that share no word with any text of their history. */
const WITHOUT_A_WORD = new Set(['email provider']);

describe.each(DATABASES)('short histories on %s', (_, outside) => {
  let fixture: ServerFixture;
  let api: Api;
  /** What was written, by its id. */
  const written = new Map<string, string>();

  beforeAll(async () => {
    fixture = await startFixtureOn(outside, { LOG_LEVEL: 'warn', RATE_LIMIT_ENABLED: 'false' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  /** A client that knows neither label nor slot says nothing of what a text takes the place of where its words say it. */
  async function write(project: string, { writes }: History): Promise<void> {
    const ids: string[] = [];
    for (const [place, { text, at, label, supersedes, ...rest }] of writes.entries()) {
      const { status, body } = await api.post('/v1/contexts', {
        project,
        label: label ?? `note ${place}`,
        content: text,
        validFrom: at,
        ...(supersedes === undefined ? {} : { supersedes: supersedes.map((older) => ids[older]) }),
        ...rest,
      });
      expect(status).toBe(201);
      ids.push(body.id);
      written.set(body.id, text);
    }
    await conflictsFound(api);
  }

  async function found(project: string, q: string, query: Record<string, string> = {}) {
    const { body } = await api.get('/v1/search', { query: { project, q, ...query } });
    const items = body.items as { id: string; supersededBy: string | null }[];
    return items.map(({ id, supersededBy }) => ({ text: written.get(id)!, supersededBy }));
  }

  it.each(rowsFor(outside, histories, ([, { kind }]) => kind))('history %s', async (name, history) => {
    const project = `history-${name.replaceAll(/\W+/g, '-')}`.slice(0, 60);
    await write(project, history);
    const asks = history.asks.filter((each) => !WITHOUT_A_WORD.has(each));
    for (const [place, ask] of asks.entries()) {
      const hits = await found(project, ask);
      expect([ask, hits[0]?.text]).toEqual([ask, expect.stringContaining(history.current)]);
      const old = hits.find(({ text }) => history.old !== null && text.includes(history.old));
      if (history.replaces && old !== undefined) expect(old.supersededBy).not.toBeNull();
      const isPlanned = history.writes.some(({ validFrom }) => validFrom !== undefined);
      if (!history.replaces && !isPlanned) expect(hits.map(({ supersededBy }) => supersededBy ?? '').join('')).toBe('');
      if (place > 0 && !ARE_TABLES_WHOLE) continue;
      const now = await found(project, ask, { current: 'true' });
      if (history.old !== null) for (const { text } of now) expect(text).not.toContain(history.old);
    }
    if (history.asOf === undefined) return;
    const hits = await found(project, history.asks[0]!, { asOf: history.asOf.time });
    const then = BOTH_VALID_THEN.has(name) ? hits.find(({ text }) => text.includes(history.asOf!.fragment)) : hits[0];
    expect(then?.text).toContain(history.asOf.fragment);
  });

  it('similar statements that can both be true are not closed, and hardly proposed', async () => {
    let proposed = 0;
    const tried = rowsFor(outside, pairs);
    for (const [place, { a, b }] of tried.entries()) {
      const items = [a, b].map((content, number) => ({ label: `text ${number}`, content }));
      const { status } = await api.post('/v1/contexts/batch', { project: `pair-${place}`, items });
      expect(status).toBe(201);
    }
    await conflictsFound(api);
    for (const place of tried.keys()) {
      const project = `pair-${place}`;
      const { body: list } = await api.get('/v1/contexts', { query: { project } });
      expect(list.items.map(({ supersededBy }: { supersededBy: string | null }) => supersededBy)).toEqual([null, null]);
      proposed += (await api.get('/v1/conflicts', { query: { project } })).body.items.length;
    }
    expect(proposed).toBeLessThanOrEqual(tried.length * 0.02);
  }, 120_000);
});
