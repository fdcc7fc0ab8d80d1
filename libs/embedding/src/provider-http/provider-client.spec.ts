import { eventually } from '#test/support/eventually.js';
import { HastyTimer, ManualTimer } from '../testing/manual-timer.js';
import { type Misbehaviour, FakeProviderServer } from '../testing/fake-provider-server.js';
import { VoyageEmbeddingProvider } from '../provider/voyage-embedding.provider.js';
import { OpenaiEmbeddingProvider } from '../provider/openai-embedding.provider.js';
import type { EmbeddingProvider } from '../provider/embedding-provider.js';
import { ProviderClient, type ProviderClientOptions } from './provider-client.js';
import type { Timer } from './retry-delay.js';
import type { Clock } from '#kernel';

const ATTEMPT_MS = 10_000;
const OVERALL_MS = 20_000;
const options: ProviderClientOptions = {
  name: 'voyage',
  attemptTimeoutMs: ATTEMPT_MS,
  overallTimeoutMs: OVERALL_MS,
  maxAttempts: 4,
  breaker: { failuresToOpen: 5, openMs: 10_000 },
};
const limits = { textsPerCall: 128, tokensPerCall: 100_000 };

describe('a provider that misbehaves', () => {
  let standIn: FakeProviderServer;

  beforeAll(async () => {
    standIn = await FakeProviderServer.start();
  });
  afterAll(() => standIn.close());
  beforeEach(() => {
    standIn.reset();
  });

  const voyage = (client: ProviderClient): EmbeddingProvider =>
    new VoyageEmbeddingProvider(
      { baseUrl: standIn.baseUrl('voyage'), apiKey: 'pa-secret', model: 'voyage-4', dimensions: 256, limits },
      client,
    );
  const openai = (client: ProviderClient): EmbeddingProvider =>
    new OpenaiEmbeddingProvider(
      {
        baseUrl: standIn.baseUrl('openai'),
        apiKey: 'sk-secret',
        model: 'text-embedding-3-small',
        nativeDimensions: 1_536,
        dimensions: 256,
        wireFormat: 'float',
        limits,
      },
      client,
    );
  const clientWith = (
    timer: Timer & { clock: Clock },
    changed: Partial<ProviderClientOptions> = {},
    random = () => 0.5,
  ) => new ProviderClient({ ...options, ...changed }, timer.clock, timer, random);
  const embed = (provider: EmbeddingProvider, beforeRequest?: () => Promise<void>) =>
    provider.embed({ texts: ['alpha', 'beta'], inputType: 'document', dimensions: 256, beforeRequest });
  const hasty = () => new HastyTimer([ATTEMPT_MS]);
  /** A server that has whole vectors alone, whatever length it is asked for. */
  const whole: Misbehaviour = {
    kind: 'alter',
    alter: (answer) => ({
      ...answer,
      data: answer.data.map((one) => ({ ...one, embedding: Array.from({ length: 1_536 }, () => 0.5) })),
    }),
  };
  const status = (code: number, headers: Record<string, string> = {}): Misbehaviour => ({
    kind: 'status',
    status: code,
    headers,
  });

  const right = () => FakeProviderServer.vectorOf('beta', 256, 'document', 'voyage-4');

  it('is not at fault where a caller wants shorter vectors than it has, and is not asked for them again', async () => {
    const client = clientWith(hasty());
    const provider = openai(client);
    const shorter = () => provider.embed({ texts: ['alpha'], inputType: 'none', dimensions: 10 });
    for (let n = 0; n < options.breaker.failuresToOpen; n++) {
      standIn.misbehave(whole);
      await expect(shorter()).rejects.toMatchObject({
        kind: 'invalid',
        issues: [
          { pointer: '/dimensions', detail: expect.stringContaining('no vectors of 10 dimensions; it has 1536') },
        ],
      });
    }
    expect(client.breaker.isOpen).toBe(false);
    expect([provider.acceptsDimensions(10), provider.acceptsDimensions(1_536)]).toEqual([false, true]);
  });

  it('is at fault where it gives another length than it is configured for', async () => {
    const client = clientWith(hasty());
    standIn.misbehave(whole);
    await expect(embed(openai(client))).rejects.toMatchObject({
      kind: 'upstream',
      detail: expect.stringContaining('a vector has 1536 dimensions, not 256'),
    });
  });

  it('is asked again after a 500, with a random share of a doubling pause', async () => {
    const timer = hasty();
    standIn.misbehave(status(500), status(502));
    const { vectors } = await embed(voyage(clientWith(timer)));
    expect(vectors[1]).toEqual(right());
    expect(standIn.calls).toHaveLength(3);
    expect(timer.pauses).toEqual([125, 250]);
  });

  it.each([
    ['seconds', { 'retry-after': '3' }, 3_000],
    ['a date', { 'retry-after': new Date(Date.UTC(2030, 0, 1, 0, 0, 7)).toUTCString() }, 7_000],
    ["OpenAI's short reset", { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1.5s' }, 1_500],
  ])('is left alone as long as it asks: %s', async (_, headers, pauseMs) => {
    const timer = hasty();
    standIn.misbehave(status(429, headers));
    expect((await embed(voyage(clientWith(timer)))).vectors[1]).toEqual(right());
    expect(timer.pauses).toEqual([pauseMs]);
  });

  it('is reported at once, with what to wait for, where that does not fit the time there is', async () => {
    const timer = hasty();
    const headers = {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1m',
      'x-ratelimit-remaining-tokens': '900',
      'x-ratelimit-reset-tokens': '6m0s',
    };
    standIn.misbehave(status(429, headers));
    await expect(embed(voyage(clientWith(timer)))).rejects.toMatchObject({
      kind: 'unavailable',
      retryAfterSeconds: 60,
    });
    expect(timer.pauses).toEqual([]);
  });

  it.each<[string, Misbehaviour, object, number]>([
    ['500 again and again', status(500), { kind: 'upstream', code: 'embedding-provider-failed' }, 4],
    ['503 again and again', status(503), { kind: 'unavailable', code: 'embedding-provider-unavailable' }, 4],
    ['429 again and again', status(429), { kind: 'unavailable', code: 'embedding-provider-unavailable' }, 4],
    ['a refused credential', status(401), { kind: 'upstream', code: 'embedding-provider-failed' }, 1],
    ['a refused input', status(400), { kind: 'unprocessable', code: 'embedding-input-refused' }, 1],
    ['an answer that is cut', { kind: 'cut' }, { kind: 'upstream' }, 4],
    ['an answer that is no JSON', { kind: 'body', body: '<html>502</html>' }, { kind: 'upstream' }, 1],
    ['an answer of another shape', { kind: 'body', body: '{"vectors":[]}' }, { kind: 'upstream' }, 1],
    ['null', { kind: 'body', body: 'null' }, { kind: 'upstream' }, 1],
    ['a vector too few', { kind: 'alter', alter: (a) => ({ ...a, data: a.data.slice(1) }) }, { kind: 'upstream' }, 1],
    [
      'a vector too many',
      { kind: 'alter', alter: (a) => ({ ...a, data: [...a.data, { ...a.data[0], index: 2 }] }) },
      { kind: 'upstream' },
      1,
    ],
    [
      'one index twice',
      { kind: 'alter', alter: (a) => ({ ...a, data: a.data.map((item) => ({ ...item, index: 0 })) }) },
      { kind: 'upstream' },
      1,
    ],
    [
      'a vector of another length',
      { kind: 'alter', alter: (a) => ({ ...a, data: a.data.map((item) => ({ ...item, embedding: [1, 2, 3] })) }) },
      { kind: 'upstream' },
      1,
    ],
    [
      'a null in a vector',
      {
        kind: 'alter',
        alter: (a) => ({
          ...a,
          data: a.data.map((item) => ({ ...item, embedding: Array.from({ length: 256 }, () => null) })),
        }),
      },
      { kind: 'upstream' },
      1,
    ],
    [
      'an infinite number in base64',
      {
        kind: 'alter',
        alter: (a) => ({
          ...a,
          data: a.data.map((item) => ({
            ...item,
            embedding: Buffer.from(new Float32Array(256).fill(Number.POSITIVE_INFINITY).buffer).toString('base64'),
          })),
        }),
      },
      { kind: 'upstream' },
      1,
    ],
    ['more than it could have to say', { kind: 'body', body: ' '.repeat(200_000) }, { kind: 'upstream' }, 1],
  ])('gives %s: reported as what it is, never a wrong vector', async (_, misbehaviour, error, calls) => {
    standIn.misbehave(...Array.from({ length: calls }, () => misbehaviour));
    await expect(embed(voyage(clientWith(hasty())))).rejects.toMatchObject(error);
    expect(standIn.calls).toHaveLength(calls);
  });

  it('never repeats the credential or what the provider said in an error', async () => {
    standIn.misbehave(status(401));
    const error = await embed(voyage(clientWith(hasty()))).catch((thrown: unknown) => thrown as Error);
    expect(JSON.stringify(error)).not.toContain('pa-secret');
    expect((error as Error).message).not.toContain('stand-in');
  });

  it('takes an answer in another order for what it is', async () => {
    standIn.misbehave({ kind: 'alter', alter: (answer) => ({ ...answer, data: [...answer.data].reverse() }) });
    expect((await embed(voyage(clientWith(hasty())))).vectors[1]).toEqual(right());
  });

  it('is silent: given up at the timeout of the attempt, and reported as a timeout', async () => {
    const timer = new ManualTimer();
    standIn.misbehave({ kind: 'silence' });
    const outcome = embed(voyage(clientWith(timer, { maxAttempts: 1 }))).catch((error: unknown) => error);
    await eventually(() => standIn.calls.length === 1);
    timer.advance(ATTEMPT_MS);
    expect(await outcome).toMatchObject({ kind: 'timeout', code: 'embedding-provider-timeout' });
  });

  it('stalls in the middle of its answer: the timeout holds there too', async () => {
    const timer = new ManualTimer();
    standIn.misbehave({ kind: 'stall' });
    const outcome = embed(voyage(clientWith(timer, { maxAttempts: 1 }))).catch((error: unknown) => error);
    await eventually(() => standIn.calls.length === 1);
    timer.advance(ATTEMPT_MS);
    expect(await outcome).toMatchObject({ kind: 'timeout' });
  });

  it('is silent twice: the second attempt gets no more than what is left of the whole', async () => {
    const timer = new ManualTimer();
    standIn.misbehave({ kind: 'silence' }, { kind: 'silence' }, { kind: 'silence' });
    const outcome = embed(voyage(clientWith(timer, {}, () => 0.999))).catch((error: unknown) => error);
    await eventually(() => standIn.calls.length === 1);
    timer.advance(ATTEMPT_MS);
    await eventually(() => timer.pending.includes(250));
    timer.advance(250);
    await eventually(() => standIn.calls.length === 2);
    expect(timer.pending).toEqual([OVERALL_MS - ATTEMPT_MS - 250]);
    timer.advance(OVERALL_MS - ATTEMPT_MS - 250);
    expect(await outcome).toMatchObject({ kind: 'timeout' });
    expect(standIn.calls).toHaveLength(2);
  });

  it('is not there: reported as unavailable', async () => {
    const gone = await FakeProviderServer.start();
    await gone.close();
    const provider = new VoyageEmbeddingProvider(
      { baseUrl: gone.baseUrl('voyage'), apiKey: 'pa', model: 'voyage-4', dimensions: undefined, limits },
      clientWith(hasty()),
    );
    await expect(embed(provider)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('is given up when the caller gives up', async () => {
    const giveUp = new AbortController();
    standIn.misbehave({ kind: 'silence' });
    const timer = new ManualTimer();
    const outcome = voyage(clientWith(timer))
      .embed({ texts: ['x'], inputType: 'none', dimensions: 256, signal: giveUp.signal })
      .catch((error: unknown) => error);
    await eventually(() => standIn.calls.length === 1);
    giveUp.abort();
    expect(await outcome).toMatchObject({ kind: 'timeout' });
  });

  it('fails five times in a row: it is left alone, then probed by one call', async () => {
    const timer = hasty();
    const client = clientWith(timer, { maxAttempts: 1 });
    const provider = voyage(client);
    for (let failures = 0; failures < 5; failures++) {
      standIn.misbehave(status(500));
      await expect(embed(provider)).rejects.toMatchObject({ kind: 'upstream' });
    }
    expect(provider.problem()).toBeDefined();
    await expect(embed(provider)).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 10 });
    expect(standIn.calls).toHaveLength(5);

    timer.clock.advance(10_000);
    standIn.misbehave(status(500));
    await expect(embed(provider)).rejects.toMatchObject({ kind: 'upstream' });
    await expect(embed(provider)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(standIn.calls).toHaveLength(6);

    timer.clock.advance(10_000);
    standIn.hold();
    const probe = embed(provider);
    await eventually(() => standIn.calls.length === 7);
    await expect(embed(provider)).rejects.toMatchObject({ kind: 'unavailable' });
    standIn.release();
    expect((await probe).vectors[1]).toEqual(right());
    expect(provider.problem()).toBeUndefined();
    await embed(provider);
    expect(standIn.calls).toHaveLength(8);
  });

  it('asks before each request that really goes out, and for none that does not', async () => {
    const client = clientWith(hasty(), { breaker: { failuresToOpen: 2, openMs: 10_000 }, maxAttempts: 2 });
    let asked = 0;
    const count = () => Promise.resolve(void asked++);
    standIn.misbehave(status(500), status(500));
    await expect(embed(voyage(client), count)).rejects.toMatchObject({ kind: 'upstream' });
    expect(asked).toBe(2);
    await expect(embed(voyage(client), count)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(asked).toBe(2);
  });

  it('gets what Voyage documents', async () => {
    await embed(voyage(clientWith(hasty())));
    expect(standIn.calls).toEqual([
      {
        path: '/voyage/v1/embeddings',
        authorization: 'Bearer pa-secret',
        body: {
          input: ['alpha', 'beta'],
          model: 'voyage-4',
          input_type: 'document',
          truncation: true,
          encoding_format: 'base64',
          output_dimension: 256,
        },
      },
    ]);
  });

  it('gets what OpenAI documents', async () => {
    const { vectors, tokens } = await embed(openai(clientWith(hasty())));
    expect(vectors[1]).toEqual(FakeProviderServer.vectorOf('beta', 256, null, 'text-embedding-3-small'));
    expect(tokens).toBe(3);
    expect(standIn.calls[0]).toEqual({
      path: '/openai/v1/embeddings',
      authorization: 'Bearer sk-secret',
      body: { input: ['alpha', 'beta'], model: 'text-embedding-3-small', encoding_format: 'float', dimensions: 256 },
    });
  });
});
