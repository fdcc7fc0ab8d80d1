import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { embeddingProviderContract } from '../testing/embedding-provider.contract.js';
import { UseEmbeddingProvider } from './use-embedding.provider.js';

/** The model itself runs in the tests of the built product; here its thread is played. */
describe('the provider of Universal Sentence Encoder', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keepsake-use-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  let files = 0;
  /** @param body of an asynchronous function of `texts`, that gives vectors or throws */
  function providerOf(body: string): UseEmbeddingProvider {
    const file = join(folder, `${++files}.mjs`);
    writeFileSync(
      file,
      `import { parentPort } from 'node:worker_threads';
       const work = async (texts) => { ${body} };
       parentPort.on('message', async ({ order, texts }) => {
         try {
           parentPort.postMessage({ order, vectors: await work(texts) });
         } catch ({ code = '', message }) {
           parentPort.postMessage({ order, failure: { isMissing: code.endsWith('MODULE_NOT_FOUND'), message } });
         }
       });`,
    );
    return new UseEmbeddingProvider(pathToFileURL(file));
  }

  const BY_LETTERS = `return texts.map((text) => {
    const vector = new Float32Array(512);
    for (const letter of text) vector[letter.codePointAt(0) % 512] += 1;
    return vector;
  });`;
  const call = (texts: readonly string[]) => ({ texts, inputType: 'none', dimensions: 512 }) as const;

  embeddingProviderContract(() => providerOf(BY_LETTERS));

  it('gives vectors of length 1', async () => {
    const { vectors } = await providerOf(BY_LETTERS).embed(call(['aaa']));
    expect(Math.hypot(...(vectors[0] as Float32Array))).toBeCloseTo(1, 6);
  });

  it('says what to install where its packages are not there, and works once they are', async () => {
    const provider = providerOf(`
      globalThis.asked = (globalThis.asked ?? 0) + 1;
      if (globalThis.asked === 1) throw Object.assign(new Error('none'), { code: 'ERR_MODULE_NOT_FOUND' });
      ${BY_LETTERS}`);
    await expect(provider.embed(call(['a']))).rejects.toMatchObject({
      kind: 'unavailable',
      detail: expect.stringContaining('npm install @energetic-ai/core'),
    });
    await expect(provider.embed(call(['a']))).resolves.toMatchObject({ vectors: [expect.anything()] });
    expect(provider.problem()).toBeUndefined();
  });

  it.each([
    ['fails', "throw new Error('out of memory')"],
    ['gives too few', 'return []'],
    ['gives others', 'return texts.map(() => new Float32Array(3))'],
  ])('refuses what its thread %s', async (_, body) => {
    await expect(providerOf(body).embed(call(['a']))).rejects.toMatchObject({ kind: 'upstream' });
  });

  it('goes on with another thread where one has ended', async () => {
    const provider = providerOf(`if (texts[0] === 'end') process.exit(1); ${BY_LETTERS}`);
    await expect(provider.embed(call(['end']))).rejects.toMatchObject({ kind: 'upstream' });
    expect((await provider.embed(call(['a']))).vectors).toHaveLength(1);
  });
});
