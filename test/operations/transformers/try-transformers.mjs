// @ts-check
/**
 * `npm run try:transformers`: installs the packed product and @huggingface/transformers (its libraries have about 500 MB, so
 * that this is no part of `npm test`) in an empty folder, and starts it with `EMBEDDING_PROVIDER=transformers` on a small
 * model that is written there. Vectors are those that the model defines, and a question finds a text of the same meaning that
 * has none of its words. Needs the network for the packages; nothing is downloaded by the product.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { withServer } from '../../../.ci/try-server.mjs';
import { DIMENSIONS, writeTinyModel } from './tiny-model.mjs';

const ROOT = join(import.meta.dirname, '../../..');
const PACKAGE = '@huggingface/transformers@4';
const EMBEDDED_WITHIN_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'keepsake-transformers-'));
try {
  npm(['pack', '--silent', '--pack-destination', folder], ROOT);
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  npm(['install', `./${tarball}`, PACKAGE, '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  writeTinyModel(join(folder, 'tiny-model'));
  const env = {
    EMBEDDING_PROVIDER: 'transformers',
    EMBEDDING_MODEL_DIR: join(folder, 'tiny-model'),
    EMBEDDING_DIMENSIONS: String(DIMENSIONS),
  };
  await withServer([join(folder, 'node_modules/.bin/keepsake')], folder, env, use);
  console.log('transformers: a model from a folder gives its vectors, and a question finds what means the same');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {{ url: string, headers: Record<string, string> }} server */
async function use({ url, headers }) {
  const post = (/** @type {string} */ path, /** @type {object} */ body) =>
    fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await post('/v1/embeddings', { input: ['money', 'Stripe and a ship'] });
  const said = await answer.text();
  if (answer.status !== 200) throw new Error(`embedding answers ${answer.status}: ${said}`);
  const { data, model } = JSON.parse(said);
  const [money, both] = data.map((/** @type {{ embedding: number[] }} */ { embedding }) => embedding);
  expectNear('money', money, [1]);
  expectNear('Stripe and a ship', both, [Math.SQRT1_2, 0, Math.SQRT1_2]);
  if (model !== 'tiny-model') throw new Error(`the model is ${model}`);

  const stored = await post('/v1/contexts', { project: 'tried', label: 'provider', content: 'We chose Stripe.' });
  if (stored.status !== 201) throw new Error(`storing answers ${stored.status}: ${await stored.text()}`);
  await post('/v1/contexts', { project: 'tried', label: 'lamp', content: 'The lighthouse has a new lamp.' });
  const until = Date.now() + EMBEDDED_WITHIN_MS;
  for (;;) {
    const found = await fetch(`${url}/v1/search?project=tried&mode=semantic&q=how+do+we+handle+money`, { headers });
    const text = await found.text();
    if (JSON.parse(text).items?.[0]?.label === 'provider') break;
    if (Date.now() > until) throw new Error(`the question finds ${text}`);
    await pause(250);
  }
  const { parts } = JSON.parse(await (await fetch(`${url}/health`, { headers })).text());
  if (parts.embedding.status !== 'up') throw new Error(`health says ${JSON.stringify(parts.embedding)}`);
}

/**
 * @param {string} what
 * @param {readonly number[]} vector
 * @param {readonly number[]} first of its dimensions; the others are 0
 */
function expectNear(what, vector, first) {
  if (vector.length !== DIMENSIONS || vector.some((value, index) => Math.abs(value - (first[index] ?? 0)) > 1e-3))
    throw new Error(`the vector of "${what}" is ${JSON.stringify(vector)}`);
}

/** @param {readonly string[]} args @param {string} cwd */
function npm(args, cwd) {
  execFileSync('npm', [...args], { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
}
