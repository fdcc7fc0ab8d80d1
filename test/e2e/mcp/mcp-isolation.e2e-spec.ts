import { toolDefinitions } from '#mcp';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { connectHttp, type McpClient } from '#test/support/mcp.js';
import {
  type PopulatedWorkspace,
  populateWorkspace,
  spanningJobOf,
  stateOf,
} from '#test/e2e/routes/populated-workspace.js';
import { sampleOf } from '#test/e2e/routes/route-samples.js';

const NAMES_OF_THINGS = ['project', 'label', 'name', 'agent', 'user'];

/** The valid call of a tool's route, as arguments of the tool; and whether it names something by an id. */
function callOf(route: string, workspace: PopulatedWorkspace): { args: Record<string, unknown>; byId: boolean } {
  const sample = sampleOf(route.replaceAll(/:(\w+)/g, '{$1}'), workspace);
  if (sample === undefined) throw new Error(`${route} has no sample call`);
  const { path = {}, query = {}, body = {} } = sample;
  if (typeof body === 'string') throw new Error(`${route} takes a file, which no tool does`);
  const byId = Object.keys(path).some((name) => !NAMES_OF_THINGS.includes(name));
  return { args: { ...path, ...query, ...body }, byId };
}

describe('two workspaces over MCP', () => {
  let database: TestDatabase;
  let server: Keepsake;
  let theirs: PopulatedWorkspace;
  let mine: PopulatedWorkspace;
  let client: McpClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await startKeepsake({ env: { DATABASE_URL: database.url } });
    const populated = await populateWorkspace(server, 'theirs');
    theirs = { ...populated, ids: { ...populated.ids, job: await spanningJobOf(server) } };
    mine = await populateWorkspace(server, 'mine');
    client = await connectHttp(server, { key: mine.key, profile: 'full' });
  }, 120_000);

  afterAll(async () => {
    await client?.close();
    await server?.remove();
    await database?.drop();
  });

  it('T41 every tool has a valid call, and answers it where the things are its own', async () => {
    const refused: string[] = [];
    for (const { name, route } of toolDefinitions.filter(({ effect }) => effect === 'reads')) {
      const { isError, data } = await client.call(name, callOf(route, mine).args);
      if (isError && !name.startsWith('job_')) refused.push(`${name} ${JSON.stringify(data)}`);
    }
    expect(refused).toEqual([]);
    expect(toolDefinitions.length).toBeGreaterThan(40);
  });

  it('T41 a valid key is answered "not found" for every id of another workspace by every tool, and changes nothing there', async () => {
    const before = await stateOf(theirs);
    const answers: string[] = [];
    for (const { name, route } of toolDefinitions) {
      const { args, byId } = callOf(route, theirs);
      if (!byId) continue;
      const { isError, data } = await client.call(name, args);
      expect(JSON.stringify(data)).not.toContain(theirs.marker);
      answers.push(`${name} ${isError} ${data.status}`);
    }
    expect(answers.filter((answer) => !answer.endsWith(' true 404'))).toEqual([]);
    expect(answers.length).toBeGreaterThan(12);
    expect(await stateOf(theirs)).toEqual(before);
  });

  it('T41 the same names in another workspace are other things, for tools, resources and prompts', async () => {
    for (const { name, route } of toolDefinitions.filter(({ effect }) => effect === 'reads')) {
      const { data } = await client.call(name, callOf(route, mine).args);
      expect(`${name} ${JSON.stringify(data)}`).not.toContain(theirs.marker);
    }
    const { data: found } = await client.call('search', { project: mine.project, q: theirs.marker });
    expect(JSON.stringify(found.items)).not.toContain(theirs.marker);
    const ofProject = await connectHttp(server, { key: mine.key, project: mine.project });
    try {
      const reported = JSON.stringify([
        await ofProject.sdk.listResources(),
        await ofProject.sdk.readResource({ uri: `keepsake://projects/${mine.project}/handovers/latest` }),
        await ofProject.sdk.getPrompt({ name: 'wake_up' }),
      ]);
      expect(reported).toContain(mine.marker);
      expect(reported).not.toContain(theirs.marker);
    } finally {
      await ofProject.close();
    }
    for (const uri of [`keepsake://contexts/${theirs.ids.context}`, `keepsake://handovers/${theirs.ids.handover}`])
      await expect(client.sdk.readResource({ uri })).rejects.toThrow(/not found/i);
    await expect(
      client.sdk.getPrompt({ name: 'hand_over', arguments: { sessionId: theirs.ids.session } }),
    ).rejects.toThrow(/not found/i);
  });

  it("T41 a tool that names another workspace's session is refused and leaves nothing", async () => {
    const args = { project: 'atlas', label: 'stolen', content: 'text', sessionId: theirs.ids.session };
    const { isError, data } = await client.call('context_store', args);
    expect(isError).toBe(true);
    expect([400, 404, 422]).toContain(data.status);
    expect((await mine.api.get('/v1/projects/atlas/contexts/stolen')).status).toBe(404);
  });

  it('every tool reports arguments that no field takes, with their names, and changes nothing', async () => {
    const before = await stateOf(mine);
    const { tools } = await client.sdk.listTools();
    const wrong: string[] = [];
    for (const { name, inputSchema } of tools) {
      const { route } = toolDefinitions.find((tool) => tool.name === name)!;
      const { args } = callOf(route, mine);
      const bad: [field: string, value: unknown][] = [
        ['colour', 'red'],
        ...Object.keys(inputSchema.properties ?? {}).map((field): [string, unknown] => [field, 'a\0b']),
      ];
      for (const [field, value] of bad) {
        const { isError, data } = await client.call(name, { ...args, [field]: value });
        const pointers = (data.errors ?? []).map(({ pointer }: { pointer: string }) => pointer);
        if (!isError || data.status !== 400 || !pointers.includes(`/${field}`))
          wrong.push(`${name} with ${field}: ${JSON.stringify(data).slice(0, 200)}`);
      }
      for (const field of Object.keys(inputSchema.properties ?? {})) {
        // Valid for some; for none of them a failure of the server. What removes things is not tried.
        if (inputSchema.required?.includes(field) !== true) continue;
        // The state of an agent is any JSON value, a list too.
        if (name === 'agent_state_put' && field === 'value') continue;
        const { data } = await client.call(name, { ...args, [field]: [{ deep: { er: [null] } }] });
        if (data.status !== 400) wrong.push(`${name} with a list for ${field}: ${JSON.stringify(data).slice(0, 200)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(await stateOf(mine)).toEqual(before);
    // One call for each argument of each tool, of which there are hundreds.
  }, 120_000);

  it('T42 what is archived is gone from every tool, resource and prompt at once', async () => {
    const project = 'archived';
    const own = await connectHttp(server, { key: mine.key, profile: 'full', project });
    try {
      const marker = 'zanzibar';
      const args = { label: 'gone', content: `# Gone\n\nAlways mind the ${marker} rock ahead.` };
      const { id } = await own.done('context_store', args);
      const everything = async () =>
        JSON.stringify([
          (await own.done('search', { q: marker })).items,
          (await own.done('context_list')).items,
          (await own.done('context_recall', { labels: ['gone'] })).items,
          (await own.done('context_check', { text: `I pass the ${marker} rock.` })).contexts,
          (await own.call('context_get_by_label', { label: 'gone' })).data,
          await own.done('project_overview'),
          await own.sdk.listResources(),
          await own.sdk.getPrompt({ name: 'wake_up' }),
          (await own.done('session_start')).wakeUp.contexts,
        ]);
      expect(await everything()).toContain(marker);
      await own.done('context_archive', { id, reason: 'a test', force: true });
      expect(await everything()).not.toContain(marker);
    } finally {
      await own.close();
    }
  });

  it('T42 what is deleted is gone from every tool and resource at once', async () => {
    const project = 'deleted';
    const own = await connectHttp(server, { key: mine.key, profile: 'full', project });
    try {
      const marker = 'krakatoa';
      const session = await own.done('session_start');
      const { id } = await own.done('context_store', { label: 'gone', content: `Always mind ${marker}.` });
      await own.done('session_log', { id: session.id, kind: 'decision', text: `leave ${marker}` });
      const { handover } = await own.done('session_end', { id: session.id });
      const everything = async () => [
        await own.call('context_get', { id }),
        await own.call('context_preview', { id }),
        await own.call('handover_get', { id: handover.id }),
        await own.call('session_get', { id: session.id }),
        await own.call('session_entries', { id: session.id }),
      ];
      const lists = async () =>
        JSON.stringify([
          (await own.done('search', { q: marker })).items,
          (await own.done('context_list')).items,
          await own.done('handover_latest'),
          await own.done('handover_list', { project }),
          await own.done('project_overview'),
          await own.sdk.listResources(),
          await own.sdk.getPrompt({ name: 'wake_up' }),
        ]);
      expect((await everything()).map(({ isError }) => isError)).toEqual([false, false, false, false, false]);
      expect(await lists()).toContain(marker);
      await own.done('project_delete', { project, confirm: project });
      expect((await everything()).map(({ data }) => data.status)).toEqual([404, 404, 404, 404, 404]);
      expect(await lists()).not.toContain(marker);
      await expect(own.sdk.readResource({ uri: `keepsake://contexts/${id}` })).rejects.toThrow(/not found/i);
    } finally {
      await own.close();
    }
  });
});
