import { type EmbeddingConfig, loadConfig } from '#config';
import { FakeOllama, LLAMA, NOMIC } from '../testing/fake-ollama.js';
import { chooseProvider } from './choose-provider.js';
import { requireProvider } from './create-provider.js';

describe('the provider that a server takes by itself', () => {
  const started: FakeOllama[] = [];

  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.close()));
  });

  async function ollama(...args: Parameters<typeof FakeOllama.start>): Promise<FakeOllama> {
    const server = await FakeOllama.start(...args);
    started.push(server);
    return server;
  }

  const configOf = (environment: NodeJS.ProcessEnv): EmbeddingConfig =>
    loadConfig({ EMBEDDING_LOOPBACK_URLS: 'off', ...environment }).embedding;

  async function chosen(environment: NodeJS.ProcessEnv = {}, lookMs?: number) {
    const { config, because, advice } = await chooseProvider(configOf(environment), lookMs);
    const { provider, model, dimensions, openai } = config;
    return { provider, model, dimensions, baseUrl: openai.baseUrl, because, advice };
  }

  it('is the one that is named, and nobody is asked', async () => {
    const server = await ollama([NOMIC]);
    for (const provider of ['local', 'off', 'openai'])
      expect(
        await chosen({ EMBEDDING_PROVIDER: provider, EMBEDDING_LOOPBACK_URLS: server.url, OPENAI_API_KEY: 'sk-1' }),
      ).toMatchObject({ provider, because: 'as EMBEDDING_PROVIDER says' });
    expect(server.asked).toEqual([]);
  });

  it('is the one that has a key, Voyage before OpenAI, and nobody is asked', async () => {
    const server = await ollama([NOMIC]);
    const env = { EMBEDDING_LOOPBACK_URLS: server.url };
    expect(await chosen({ ...env, VOYAGE_API_KEY: 'pa-1', OPENAI_API_KEY: 'sk-1' })).toMatchObject({
      provider: 'voyage',
      because: 'since VOYAGE_API_KEY is set',
    });
    const openai = await chosen({ ...env, EMBEDDING_PROVIDER: 'auto', OPENAI_API_KEY: 'sk-1' });
    expect(openai).toMatchObject({ provider: 'openai', because: 'since OPENAI_API_KEY is set' });
    expect(openai.advice).toBeUndefined();
    expect(server.asked).toEqual([]);
  });

  it('is a model of Ollama that makes embeddings, with the length that Ollama says', async () => {
    const server = await ollama([LLAMA, { ...NOMIC, name: 'zz-embed:v2' }, NOMIC]);
    expect(await chosen({ EMBEDDING_LOOPBACK_URLS: `http://127.0.0.1:1,${server.url}/v1` })).toEqual({
      provider: 'openai',
      model: 'nomic-embed-text',
      dimensions: 64,
      baseUrl: `${server.url}/v1`,
      because: `of Ollama at ${server.url}/v1`,
      advice: undefined,
    });
    expect(server.texts).toEqual([]);
  });

  it('is asked for the length of its vectors where Ollama is too old to say', async () => {
    const old = { name: 'all-minilm:33m', family: 'bert', dimensions: 48, isSilent: true };
    const server = await ollama([{ name: 'llama2:7b', family: 'llama' }, old]);
    expect(await chosen({ EMBEDDING_LOOPBACK_URLS: server.url })).toMatchObject({
      model: 'all-minilm:33m',
      dimensions: 48,
    });
  });

  it('is a model of another server that speaks the API of OpenAI', async () => {
    const model = { name: 'text-embedding-nomic-v1.5', dimensions: 32 };
    const server = await ollama([{ name: 'qwen-7b' }, model], { isCompatibleOnly: true });
    expect(await chosen({ EMBEDDING_LOOPBACK_URLS: server.url })).toMatchObject({
      provider: 'openai',
      model: 'text-embedding-nomic-v1.5',
      dimensions: 32,
      because: expect.stringContaining('speaks the API of OpenAI'),
    });
  });

  it('is the model that is named, where a server has it with that length', async () => {
    const server = await ollama([NOMIC, { ...NOMIC, name: 'bge-m3:latest', dimensions: 128 }]);
    const env = { EMBEDDING_LOOPBACK_URLS: server.url };
    expect(await chosen({ ...env, EMBEDDING_MODEL: 'bge-m3' })).toMatchObject({ model: 'bge-m3', dimensions: 128 });
    expect(await chosen({ ...env, EMBEDDING_DIMENSIONS: '128' })).toMatchObject({ model: 'bge-m3' });
    expect(await chosen({ ...env, EMBEDDING_MODEL: 'mxbai-embed-large' })).toMatchObject({
      provider: 'local',
      model: undefined,
      because: expect.stringContaining('mxbai-embed-large'),
    });
  });

  it('is the embedded one where nobody has a model for embeddings, and says what would be better', async () => {
    const server = await ollama([LLAMA]);
    const local = await chosen({ EMBEDDING_LOOPBACK_URLS: server.url });
    expect(local).toMatchObject({ provider: 'local', because: expect.stringContaining('no server on this machine') });
    expect(local.advice).toContain('OPENAI_API_KEY');
  });

  it('does not wait for a server that says nothing', async () => {
    const server = await ollama([NOMIC]);
    server.isSilent = true;
    expect(await chosen({ EMBEDDING_LOOPBACK_URLS: server.url }, 100)).toMatchObject({ provider: 'local' });
  });

  it('asks the server at OPENAI_BASE_URL what it has, unless that is configured', async () => {
    const server = await ollama([NOMIC]);
    const env = { OPENAI_BASE_URL: `${server.url}/v1` };
    expect(await chosen(env)).toMatchObject({ provider: 'openai', model: 'nomic-embed-text', dimensions: 64 });
    expect(await chosen({ ...env, EMBEDDING_MODEL: 'missing' })).toMatchObject({
      provider: 'local',
      advice: expect.stringContaining('EMBEDDING_DIMENSIONS'),
    });
    const before = server.asked.length;
    const named = { ...env, EMBEDDING_MODEL: 'my-model', EMBEDDING_DIMENSIONS: '96' };
    expect(await chosen(named)).toMatchObject({ provider: 'openai', model: 'my-model', dimensions: 96 });
    expect(server.asked).toHaveLength(before);
  });

  it('does not take a length for the embedded one that it does not have', async () => {
    expect(await chosen({ EMBEDDING_DIMENSIONS: '32' })).toMatchObject({
      provider: 'local',
      dimensions: undefined,
      because: expect.stringContaining('EMBEDDING_DIMENSIONS (now "32")'),
    });
    expect(await chosen({ EMBEDDING_DIMENSIONS: '256' })).toMatchObject({ provider: 'local', dimensions: 256 });
  });

  it('refuses a length that the named one does not have', () => {
    const dimensionsOf = (provider: string, dimensions: string) => () =>
      requireProvider(configOf({ EMBEDDING_PROVIDER: provider, EMBEDDING_DIMENSIONS: dimensions }));
    expect(dimensionsOf('use', '256')).toThrow('write 512');
    expect(dimensionsOf('use', '512')).not.toThrow();
    expect(dimensionsOf('local', '32')).toThrow('write 64 to 4096');
    expect(dimensionsOf('off', '32')).not.toThrow();
  });

  it('looks at no place but this machine', () => {
    for (const url of ['http://10.0.0.1:11434', 'https://example.org', 'http://localhost.example.org', 'nothing'])
      expect(() => configOf({ EMBEDDING_LOOPBACK_URLS: url })).toThrow('EMBEDDING_LOOPBACK_URLS');
    expect(configOf({ EMBEDDING_LOOPBACK_URLS: 'http://localhost:1/, http://[::1]:2' }).loopbackUrls).toEqual([
      'http://localhost:1',
      'http://[::1]:2',
    ]);
  });
});
