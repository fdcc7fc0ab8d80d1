import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#test/setup/services/free-port.mjs';
import { runKeepsake } from '#test/support/child.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'by hand', version: '1' } },
};

describe('keepsake mcp', () => {
  let server: Keepsake;
  let folder: string;

  beforeAll(async () => {
    server = await startKeepsake({ env: { EMBEDDING_PROVIDER: 'off', LOG_LEVEL: 'warn' } });
    folder = await mkdtemp(join(tmpdir(), 'keepsake-mcp-stdio-'));
  }, 120_000);

  afterAll(async () => {
    await server?.remove();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], lines: readonly object[], env: Record<string, string> = {}) =>
    runKeepsake(['mcp', ...args], {
      cwd: folder,
      env: { KEEPSAKE_URL: server.url, KEEPSAKE_KEY: server.key, ...env },
      input: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    });

  it('writes messages of the protocol and nothing else, answers everything, and ends with its input', async () => {
    const call = { name: 'context_store', arguments: { label: 'by/stdio', content: 'first\nsecond 🕯️' } };
    const { code, stdout, stderr } = await run(
      ['--project', 'stdio'],
      [
        initialize,
        { jsonrpc: '2.0', method: 'notifications/initialized' },
        { jsonrpc: '2.0', id: 2, method: 'tools/call', params: call },
        { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'context_get', arguments: { id: 'x' } } },
        { jsonrpc: '2.0', id: 4, method: 'no/such' },
      ],
    );
    expect([code, stderr]).toEqual([0, '']);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.every(({ jsonrpc }) => jsonrpc === '2.0')).toBe(true);
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    expect(new Set(byId.keys())).toEqual(new Set([1, 2, 3, 4]));
    expect(byId.get(1).result.protocolVersion).toBe('2024-11-05');
    const { structuredContent, content } = byId.get(2).result;
    const contentBytes = Buffer.byteLength('first\nsecond 🕯️');
    expect(structuredContent ?? JSON.parse(content[0].text)).toMatchObject({ project: 'stdio', contentBytes });
    expect(byId.get(3).result.isError).toBe(true);
    expect(byId.get(4).error.code).toBe(-32_601);
  });

  it('finds the server and its key by the data folder, as other commands do', async () => {
    const { code, stdout } = await runKeepsake(['mcp'], {
      cwd: folder,
      env: { KEEPSAKE_DATA_DIR: server.dataDir, KEEPSAKE_KEY: server.key },
      input: `${JSON.stringify(initialize)}\n`,
    });
    expect([code, JSON.parse(stdout).result.serverInfo.name]).toEqual([0, 'keepsake']);
  });

  it('reports a server that is not there on standard error, with a code', async () => {
    const ended = await run([], [], { KEEPSAKE_URL: `http://127.0.0.1:${await freePort()}` });
    expect([ended.code, ended.stdout]).toEqual([69, '']);
    expect(ended.stderr).toMatch(/does not answer/);
  });

  it.each<[string, readonly string[], Record<string, string>, number, RegExp]>([
    ['a key that is none', [], { KEEPSAKE_KEY: `ks_wrong_${'x'.repeat(40)}` }, 1, /KEEPSAKE_KEY/],
    ['a profile that is none', ['--profile', 'huge'], {}, 64, /core or full/],
    ['a project that is none', ['--project', 'NO WAY'], {}, 1, /project/],
    ['an option that is none', ['--colour', 'red'], {}, 64, /Usage: keepsake mcp/],
  ])('reports %s on standard error, with a code', async (_what, args, env, code, reported) => {
    const ended = await run(args, [], env);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toMatch(reported);
  });
});
