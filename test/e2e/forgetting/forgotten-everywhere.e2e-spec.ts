import { randomUUID } from 'node:crypto';
import type { Api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import { connectHttp } from '#test/support/mcp.js';
import { RESTART_PLACES, RestartedServers } from '#test/support/restarted-servers.js';
import { COMPRESSED } from '#test/support/stored-texts.js';
import { WebhookReceiver } from '#test/support/webhook-receiver.js';
import { type KnownContext, READS } from './forgetting-reads.js';

interface Memory {
  readonly project: string;
  readonly tombstone: boolean;
  /** A word of the text that is forgotten, and of no other. */
  readonly gone: string;
  /** Of its neighbour, which stays. */
  readonly stays: string;
}

const MEMORIES: readonly Memory[] = [
  { project: 'with-a-tombstone', tombstone: true, gone: 'kestrelword', stays: 'ospreyword' },
  { project: 'without-one', tombstone: false, gone: 'merlinword', stays: 'hobbyword' },
];
const GONE = MEMORIES.map(({ gone }) => gone);
const STAY = MEMORIES.map(({ stays }) => stays);

/** Long enough to be compressed where it is cached. */
function textWith(word: string): string {
  const rest = Array.from({ length: 160 }, (_, line) => {
    const words = Array.from({ length: 9 }, (__, place) => `${word.slice(0, 3)}${(line * 31 + place * 17) % 997}`);
    return `In its ${line}. year ${word} saw ${words.join(' ')}.`;
  });
  return [`Always heed the ${word}: it keeps the gate.`, ...rest].join('\n\n');
}

describe.each(RESTART_PLACES)('what is forgotten, on %s', (_, isShared) => {
  let place: RestartedServers;
  let receiver: WebhookReceiver;
  /** Of each project: the session that stored its contexts, and these. */
  const known = new Map<string, { readonly session: string; readonly contexts: KnownContext[] }>();
  /** Of each project: the part of the document that is forgotten. */
  const parts = new Map<string, string>();
  /** Exports from before anything was forgotten. */
  const files = new Map<string, Buffer>();

  const env = { LOG_LEVEL: 'warn', OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', WORKER_POLL_SECONDS: '1' };
  const calm = { SESSION_SWEEP_SECONDS: '3600' };

  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    place = await RestartedServers.make(isShared, env);
    await place.start(calm);
  }, 180_000);

  afterAll(async () => {
    await place?.remove();
    await receiver?.stop();
  }, 120_000);

  const api = (): Api => place.here.api;

  /** Every POST is one whose answer is kept for a repeat of it. */
  async function send(path: string, body: object): Promise<any> {
    const answer = await api().post(path, body, { headers: { 'idempotency-key': randomUUID() } });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  const document = ({ project }: Memory, word: string) => ({
    project,
    label: `document-${word}`,
    content: `Part one of the handbook is about ${word} and the gate that it keeps. ${'It is long. '.repeat(20)}`,
  });

  async function write(memory: Memory): Promise<void> {
    const { project, gone, stays } = memory;
    const url = receiver.url(`/${project}`);
    receiver.answer(`/${project}`, { status: 503 });
    const events = ['context.stored', 'context.superseded', 'context.forgotten'];
    await api().post('/v1/webhooks', { url, events, project, content: true });
    const { id: session } = await send('/v1/sessions', { project });
    const contexts: KnownContext[] = [];
    for (const word of [gone, stays]) {
      const label = `about/${word}`;
      await send('/v1/contexts', { project, label, content: `Always heed the older ${word}.`, sessionId: session });
      const { id } = await send('/v1/contexts', { project, label, content: textWith(word), sessionId: session });
      contexts.push({ id, label });
      await send('/v1/contexts/batch', { project, items: [{ label, content: textWith(word) }] });
      const { items } = await send('/v1/contexts/ingest', document(memory, word));
      if (word === gone) parts.set(project, items[0].id);
      // A near copy, whose answer names what it is like.
      await send('/v1/contexts', { project, label: `copy-${contexts.length}`, content: textWith('copy') });
    }
    // Answers that hold previews of what is there.
    await send('/v1/sessions', { project });
    await send('/v1/handovers', { project, sessionId: session });
    const other = (await send('/v1/sessions', { project })).id;
    await send(`/v1/sessions/${other}/end`, { summary: 'Nothing.' });
    await eventually(
      async () => {
        const { items } = (await api().get('/v1/contexts', { query: { project } })).body;
        return items.every(({ embedding }: { embedding: string }) => embedding === 'ready');
      },
      { timeoutMs: 60_000, everyMs: 100, what: 'the vectors' },
    );
    known.set(project, { session, contexts });
    files.set(project, (await exportProject(place.here, project)).bytes);
  }

  /** What every read of every process shows; where it is read twice, the second answer comes from a cache. */
  async function expectReads(isFound: boolean, times: readonly string[] = ['first']): Promise<void> {
    const seen: string[] = [];
    for (const { project, gone, stays } of MEMORIES)
      for (const [number, server] of place.servers.entries()) {
        const mcp = await connectHttp(server, { project, profile: 'full' });
        for (const [name, read] of Object.entries(READS))
          for (const time of times) {
            const answer = JSON.stringify(await read({ server, mcp, project, ...known.get(project)! })).toLowerCase();
            const words = [answer.includes(gone), answer.includes(stays)];
            if (words[0] !== isFound || !words[1])
              seen.push(`${name}, ${time}, of process ${number}, ${project}: gone ${words[0]}, stays ${words[1]}`);
          }
        await mcp.close();
      }
    expect(seen).toEqual([]);
  }

  const placesOf = (found: readonly { readonly text: string; readonly place: string }[], texts: readonly string[]) => [
    ...new Set(found.filter(({ text }) => texts.includes(text)).map(({ place: at }) => at)),
  ];

  /** On the embedded database: of a stopped server. */
  async function expectNowhere(): Promise<void> {
    const found = await place.textsIn([...GONE, ...STAY]);
    expect(placesOf(found, GONE)).toEqual([]);
    expect(placesOf(found, STAY)).toEqual(
      expect.arrayContaining(['contexts.content', 'search_segments.text', 'search_postings.term']),
    );
  }

  it('was in every read, in the database and in Redis', async () => {
    for (const memory of MEMORIES) await write(memory);
    if (isShared) await expectReads(true);
    // The embedded database has one owner; its server fills its caches after that.
    else await place.stop();
    const found = await place.textsIn([...GONE, ...STAY]);
    for (const texts of [GONE, STAY]) {
      const places = placesOf(found, texts);
      for (const expected of ['contexts.content', 'search_segments.text', 'idempotency_keys.response_body'])
        expect(places).toContain(expected);
      if (!isShared) continue;
      expect(places.filter((at) => at.startsWith('ks:')).length).toBeGreaterThan(5);
      expect(places.some((at) => at.endsWith(COMPRESSED))).toBe(true);
    }
    if (isShared) return;
    await place.start(calm);
    await expectReads(true);
  }, 300_000);

  it('is in none once it is forgotten, and in no row and no key', async () => {
    for (const { project, tombstone, gone } of MEMORIES) {
      const label = `/v1/projects/${project}/contexts/${encodeURIComponent(`about/${gone}`)}`;
      for (const path of [label, `/v1/contexts/${parts.get(project)}`]) {
        const { status, body } = await api().post(`${path}/forget`, { reason: 'a test', tombstone });
        expect([path, status, body.tombstones?.length > 0]).toEqual([path, 200, tombstone]);
      }
    }
    await expectReads(false, ['first', 'second']);
    const lines = (await api().get('/v1/admin/audit', { query: { limit: 100 } })).body.items;
    expect(lines.filter(({ action }: { action: string }) => action === 'context.forget')).toHaveLength(4);
    await place.stop();
    await expectNowhere();
  }, 300_000);

  it('stays gone after another model, a new index, retention, the sweeper and a restart of everything', async () => {
    await place.change("DELETE FROM pgboss.job WHERE name = 'search-reindex'");
    const stale = await place.change("UPDATE search_documents SET analysis = 'older'");
    expect(stale).toBeGreaterThan(5);
    await place.change("UPDATE sessions SET last_active_at = now() - interval '3 hours' WHERE ended_at IS NULL");
    await place.start({ SESSION_SWEEP_SECONDS: '1', EMBEDDING_DIMENSIONS: '256', LOG_LEVEL: 'info' });
    await eventually(() => place.servers.some(({ stdout }) => stdout.includes(`Indexed ${stale} documents again.`)), {
      timeoutMs: 60_000,
      what: 'the new index',
    });
    for (const { project } of MEMORIES) {
      expect((await api().put(`/v1/retention/${project}`, { archiveAfterDays: 30 })).status).toBe(200);
      const run = await api().post(`/v1/retention/${project}/run`, { dryRun: false });
      expect([run.status, run.body.complete]).toEqual([200, true]);
      const { session } = known.get(project)!;
      await eventually(async () => (await api().get(`/v1/sessions/${session}`)).body.state !== 'active', {
        everyMs: 250,
        what: 'the sweeper',
      });
      await eventually(
        async () => {
          const { items } = (await api().get('/v1/contexts', { query: { project } })).body;
          return items.every(({ embedding }: { embedding: string }) => embedding === 'ready');
        },
        { timeoutMs: 150_000, everyMs: 250, what: 'vectors of the other model' },
      );
    }
    await expectReads(false);
    await place.stop();
    await expectNowhere();
  }, 300_000);

  it('with a tombstone is refused by an import of the same file and by the same document; without one comes back, which is reported', async () => {
    await place.start(calm);
    const [rejected, deleted] = MEMORIES as [Memory, Memory];
    const refused = await importProject(api(), rejected.project, files.get(rejected.project)!);
    expect([refused.status, refused.body.code]).toEqual([409, 'context-rejected']);
    const again = await api().post('/v1/contexts/ingest', document(rejected, rejected.gone));
    expect([again.status, again.body.code]).toEqual([409, 'context-rejected']);
    await expectReads(false);
    if (isShared) await expectNowhere();
    const document2 = await api().post('/v1/contexts/ingest', document(deleted, deleted.gone));
    expect([document2.status, document2.body.broughtBack]).toEqual([201, 1]);
    const imported = await importProject(api(), deleted.project, files.get(deleted.project)!);
    expect([imported.status, imported.body.broughtBack]).toEqual([200, 2]);
    const label = `/v1/projects/${deleted.project}/contexts/${encodeURIComponent(`about/${deleted.gone}`)}`;
    expect((await api().get(label)).body.content).toBe(textWith(deleted.gone));
  }, 300_000);
});
