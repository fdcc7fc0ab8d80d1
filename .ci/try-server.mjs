// @ts-check
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 300_000;
const KEY = 'ks_tried_0123456789abcdef0123456789abcdef';

/**
 * Starts a server on the embedded database in a folder, stores a context, finds it, and opens the API page; then the
 * server ends.
 * @param {readonly string[]} command of `serve`
 * @param {string} folder
 * @throws Error with what the server has said, or what it answered instead
 */
export function tryServer(command, folder) {
  return withServer(command, folder, {}, async ({ url, headers }) => {
    const body = JSON.stringify({
      project: 'tried',
      label: 'first',
      content: 'This installation remembers lighthouses.',
    });
    const stored = await fetch(`${url}/v1/contexts`, { method: 'POST', headers, body });
    if (stored.status !== 201) throw new Error(`storing answers ${stored.status}: ${await stored.text()}`);
    const found = await fetch(`${url}/v1/search?project=tried&q=lighthouses`, { headers });
    const { items } = /** @type {{ items?: { label: string }[] }} */ (await found.json());
    if (items?.[0]?.label !== 'first') throw new Error(`the search finds ${JSON.stringify(items)}`);
    for (const file of ['', '/swagger-ui.css', '/swagger-ui-bundle.js']) {
      const page = await fetch(`${url}/docs${file}`);
      if (page.status !== 200) throw new Error(`/docs${file} answers ${page.status}`);
    }
  });
}

/**
 * Starts a server on the embedded database in a folder, and ends it after its use.
 * @param {readonly string[]} command of `serve`
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} env beside what lets it listen
 * @param {(server: { url: string, headers: Record<string, string> }) => Promise<void>} use with headers of its first key
 * @throws Error with what the server has said, or what `use` throws
 */
export async function withServer([program = '', ...args], folder, env, use) {
  const { PATH, HOME } = process.env;
  const server = spawn(program, [...args, 'serve', '--json'], {
    cwd: folder,
    env: { PATH, HOME, PORT: '0', LOG_LEVEL: 'error', KEEPSAKE_BOOTSTRAP_KEY: KEY, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((settle) => server.once('exit', settle));
  try {
    const url = await listening(server);
    await use({ url, headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' } });
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

/**
 * @param {import('node:child_process').ChildProcessByStdio<null, null, import('node:stream').Readable>} server
 * @returns {Promise<string>} its address
 */
function listening(server) {
  return new Promise((settle, fail) => {
    const said = /** @type {string[]} */ ([]);
    const late = setTimeout(() => fail(new Error(`the server does not listen:\n${said.join('\n')}`)), START_TIMEOUT_MS);
    server.once('exit', () => fail(new Error(`the server ended:\n${said.join('\n')}`)));
    createInterface({ input: server.stderr }).on('line', (line) => {
      said.push(line);
      const url = line.startsWith('{') ? JSON.parse(line).listening?.url : undefined;
      if (url === undefined) return;
      clearTimeout(late);
      settle(url);
    });
  });
}
