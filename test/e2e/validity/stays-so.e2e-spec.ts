import { Api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { DATABASES } from '#test/support/on-each-database.js';
import { changeStored } from '#test/support/stored-rows.js';

const monthOf = (month: number) => new Date(Date.UTC(2024, month - 1, 1)).toISOString();

describe.each(DATABASES)('what is true stays so, on %s', (_, outside) => {
  let database: TestDatabase | undefined;
  let server: Keepsake;
  /** Its folder is everyone's. */
  let first: Keepsake;
  let api: Api;
  const project = 'kept';
  const slot = { subject: 'ledger', attribute: 'store' };

  const start = async (env: Record<string, string> = {}) => {
    const same = server === undefined ? {} : { KEEPSAKE_BOOTSTRAP_KEY: server.key };
    const dataDir = server?.dataDir;
    server = await startKeepsake({
      env: { DATABASE_URL: database?.url, LOG_LEVEL: 'warn', EMBEDDING_PROVIDER: 'local', ...same, ...env },
      ...(dataDir === undefined ? {} : { dataDir }),
    });
    api = server.api;
  };

  beforeAll(async () => {
    database = outside ? await createTestDatabase() : undefined;
    await start();
    first = server;
  }, 120_000);

  afterAll(async () => {
    await server.stop();
    await first.remove();
    await database?.drop();
  });

  /** What every read of validity says, without ids: an import may give others. */
  async function seen(of: string) {
    const search = async (q: string, query: Record<string, string> = {}) => {
      const { status, body } = await api.get('/v1/search', { query: { project: of, q, ...query } });
      expect(status).toBe(200);
      return {
        intent: body.intent,
        items: body.items.map(({ snippet, validTo, supersededBy }: any) => [snippet, validTo, supersededBy !== null]),
      };
    };
    const list = async (query: Record<string, string>) =>
      (await api.get('/v1/contexts', { query: { project: of, ...query } })).body.items.map(
        ({ label, version, validFrom, validTo, slot: value }: any) => [label, version, validFrom, validTo, value],
      );
    const { body: overview } = await api.get(`/v1/projects/${of}/overview`, { query: { asOf: monthOf(3) } });
    return {
      plain: await search('ledger database'),
      current: await search('ledger database', { current: 'true' }),
      ofMarch: await search('ledger database', { asOf: monthOf(3) }),
      now: await search('what is the ledger database right now?'),
      month: await search('which ledger database did we use in March 2024?'),
      before: await search('which ledger database did we use before the move?'),
      currentList: (await list({ current: 'true' })).toSorted(),
      listThen: (await list({ asOf: monthOf(3) })).toSorted(),
      overview: [overview.counts.labels, overview.counts.latestBytes],
    };
  }

  const embedded = () =>
    eventually(
      async () => {
        const { body } = await api.get('/v1/contexts', { query: { project } });
        return body.items.every(({ embedding }: any) => embedding === 'ready');
      },
      { timeoutMs: 60_000, everyMs: 250, what: 'vectors of every context' },
    );

  it('after a restart with other vectors, indexed again, and in another project', async () => {
    const store = async (label: string, content: string, rest: object) => {
      const { status, body } = await api.post('/v1/contexts', { project, label, content, ...rest });
      expect(status).toBe(201);
      return body;
    };
    const old = await store('old', 'The ledger database is a badger.', { slot, validFrom: monthOf(1) });
    await store('new', 'The ledger is kept in an otter database.', { slot, validFrom: monthOf(4) });
    await store('rule', 'The ledger closes at noon.', { validFrom: monthOf(2) });
    await store('rule', 'The ledger database closes at five.', { validFrom: monthOf(5) });
    await store('said', 'Its ledger database has herons.', { validFrom: monthOf(6), supersedes: [old.id] });
    await embedded();
    const before = await seen(project);
    expect(before.ofMarch.items.map(([text]: any) => text)).toContain('The ledger database is a badger.');
    expect(before.month.intent).toMatchObject({ kind: 'time' });
    expect(before.current.items.flat()).not.toContain('The ledger database is a badger.');

    // Other vectors of every context, made in the background.
    await server.stop();
    await start({ EMBEDDING_DIMENSIONS: '256' });
    await embedded();
    expect(await seen(project)).toEqual(before);

    // The vectors of before, and an index of an older release, made again by the job of this hour.
    await server.stop();
    const jobs = "DELETE FROM pgboss.job WHERE name = 'search-reindex'";
    await changeStored(server, database?.url, jobs);
    const stale = await changeStored(server, database?.url, "UPDATE search_documents SET analysis = 'older'");
    expect(stale).toBe(4);
    await start({ LOG_LEVEL: 'info' });
    await eventually(() => server.stdout.includes('Indexed 4 documents again.'), { timeoutMs: 60_000 });
    await embedded();
    expect(await seen(project)).toEqual(before);

    const exported = await exportProject(server, project);
    expect((await importProject(api, 'kept-again', exported.bytes)).status).toBe(200);
    expect(await seen('kept-again')).toEqual(before);
  }, 240_000);
});
