import { readFileSync } from 'node:fs';
import { Api } from '#test/support/api.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

interface Statement {
  readonly text: string;
  /** When it was said. */
  readonly at?: string;
  readonly label?: string;
  readonly slot?: { readonly subject: string; readonly attribute: string };
  readonly validFrom?: string;
  readonly validTo?: string;
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

const histories = JSON.parse(readFileSync(new URL('histories-a.json', import.meta.url), 'utf8')) as readonly History[];

/** Questions that share no word with any text of their history. */
const WITHOUT_A_WORD = new Set(['email provider']);

describe.each(DATABASES)('short histories on %s', (_, outside) => {
  let fixture: ServerFixture;
  let api: Api;

  beforeAll(async () => {
    fixture = await startFixtureOn(outside, { LOG_LEVEL: 'warn', RATE_LIMIT_ENABLED: 'false' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  /** A client that knows neither label nor slot says what a text takes the place of. */
  async function write(project: string, { writes, replaces }: History): Promise<void> {
    let before: string | undefined;
    for (const [place, { text, at, label, ...rest }] of writes.entries()) {
      const isPlain = label === undefined && rest.slot === undefined;
      const { status, body } = await api.post('/v1/contexts', {
        project,
        label: label ?? `note ${place}`,
        content: text,
        validFrom: at,
        ...(isPlain && replaces && before !== undefined ? { supersedes: [before] } : {}),
        ...rest,
      });
      expect(status).toBe(201);
      before = body.id;
    }
  }

  async function found(project: string, q: string, query: Record<string, string> = {}) {
    const { body } = await api.get('/v1/search', { query: { project, q, ...query } });
    const texts: { text: string; supersededBy: string | null }[] = [];
    for (const { id, supersededBy } of body.items) {
      const { body: context } = await api.get(`/v1/contexts/${id}`);
      texts.push({ text: context.content, supersededBy });
    }
    return texts;
  }

  it.each(histories.map((history, place) => [`${place + 1}, ${history.kind}`, history] as const))(
    'history %s',
    async (name, history) => {
      const project = `history-${name.replaceAll(/\W+/g, '-')}`.slice(0, 60);
      await write(project, history);
      for (const ask of history.asks.filter((each) => !WITHOUT_A_WORD.has(each))) {
        const hits = await found(project, ask);
        expect([ask, hits[0]?.text]).toEqual([ask, expect.stringContaining(history.current)]);
        const old = hits.find(({ text }) => history.old !== null && text.includes(history.old));
        if (history.replaces && old !== undefined) expect(old.supersededBy).not.toBeNull();
        const isPlanned = history.writes.some(({ validFrom }) => validFrom !== undefined);
        if (!history.replaces && !isPlanned)
          expect(hits.map(({ supersededBy }) => supersededBy ?? '').join('')).toBe('');
        const now = await found(project, ask, { current: 'true' });
        if (history.old !== null) for (const { text } of now) expect(text).not.toContain(history.old);
      }
      if (history.asOf === undefined) return;
      const [then] = await found(project, history.asks[0]!, { asOf: history.asOf.time });
      expect(then?.text).toContain(history.asOf.fragment);
    },
  );
});
