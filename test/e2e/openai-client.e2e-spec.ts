import OpenAI from 'openai';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

describe('the official client of OpenAI', () => {
  let server: Keepsake;
  let client: OpenAI;

  beforeAll(async () => {
    server = await startKeepsake({
      onPostgres: true,
      env: {
        EMBEDDING_PROVIDER: 'local',
        EMBEDDING_MODEL_ALIASES: 'text-embedding-3-small, vendor/model',
        LOG_LEVEL: 'error',
        WORKER_ENABLED: 'false',
      },
    });
    client = new OpenAI({ apiKey: server.key, baseURL: `${server.url}/v1`, maxRetries: 0 });
  }, 120_000);

  afterAll(() => server?.remove());

  const refused = (call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> =>
    call.then(
      () => {
        throw new Error('The call was not refused.');
      },
      (error: unknown) => error as InstanceType<typeof OpenAI.APIError>,
    );
  const embed = (input: unknown, model = 'text-embedding-3-small') =>
    client.embeddings.create({ model, input: input as string });

  it('finds the model that is offered, by its own name and by others of the configuration', async () => {
    const { data } = await client.models.list();
    const [own = '', ...others] = data.map(({ id }) => id);
    expect(own).not.toBe('');
    expect(others).toEqual(['text-embedding-3-small', 'vendor/model']);
    for (const name of [own, ...others]) {
      expect(await client.models.retrieve(name)).toMatchObject({ id: name, object: 'model', owned_by: 'local' });
      expect((await embed('a text', name)).model).toBe(own);
    }
    expect((await fetch(`${server.url}/v1/models/vendor/model`, { headers: authorization() })).status).toBe(200);
  });

  it.each(['text-embedding-3-large', 'gpt-4'])('learns that %s is not offered, and what to do', async (model) => {
    const [created, retrieved] = [await refused(embed('a text', model)), await refused(client.models.retrieve(model))];
    for (const error of [created, retrieved]) {
      expect([error.status, error.code, error.param]).toEqual([404, 'model_not_found', 'model']);
      expect(error.message).toContain('EMBEDDING_MODEL_ALIASES');
    }
  });

  it.each<[string, unknown, string]>([
    [
      '2,049 texts',
      Array.from({ length: 2049 }, (_, n) => `text ${n}`),
      'holds 2049 texts; one request takes at most 2048',
    ],
    ['tokens', [1, 2, 3], 'check_embedding_ctx_length=False'],
    ['tokens of several texts', [[1, 2], [3]], 'check_embedding_ctx_length=False'],
    ['a number', 5, 'must be a text or an array of texts'],
    ['a mixture', ['a', 5], 'item 1 is none'],
    ['no text', [], 'needs at least one text'],
  ])('learns the truth about %s', async (_what, input, message) => {
    const error = await refused(embed(input));
    expect([error.status, error.param]).toEqual([400, 'input']);
    expect(error.message).toContain(message);
  });

  const authorization = () => ({ authorization: `Bearer ${server.key}` });

  it.each<[number, string, () => { path?: string; init: RequestInit }]>([
    [400, 'invalid_json', () => ({ init: { body: '{' } })],
    [413, 'body_too_large', () => ({ init: { body: JSON.stringify({ input: 'x'.repeat(12_000_000) }) } })],
    [415, 'unsupported_media_type', () => ({ init: { body: 'x', headers: { 'content-type': 'text/plain' } } })],
    [405, 'method_not_allowed', () => ({ init: { method: 'PUT', body: '{}' } })],
    [405, 'method_not_allowed', () => ({ path: '/v1/models', init: { method: 'DELETE' } })],
    [404, 'route_not_found', () => ({ path: '/v1/responses', init: { body: '{}' } })],
    [404, 'route_not_found', () => ({ path: '/embeddings', init: { body: '{}' } })],
    [401, 'unauthenticated', () => ({ init: { body: '{}', headers: { authorization: 'Bearer ks_nobody' } } })],
  ])("%d %s has OpenAI's error beside the problem", async (status, code, request) => {
    const { path = '/v1/embeddings', init } = request();
    const headers = { 'content-type': 'application/json', ...authorization(), ...init.headers } as Record<
      string,
      string
    >;
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', ...init, headers });
    const body = (await answer.json()) as Record<string, unknown>;
    expect(answer.status).toBe(status);
    expect(body).toMatchObject({
      status,
      detail: expect.any(String),
      error: { message: expect.stringMatching(/.{10}/), type: expect.stringMatching(/_error$/), code },
    });
    const raised = OpenAI.APIError.generate(status, body, undefined, answer.headers);
    expect(raised.message).not.toContain('no body');
  });

  it('learns it from what it raises where a route is missing', async () => {
    const error = await refused(client.responses.create({ model: 'gpt-4', input: 'hello' }));
    expect([error.status, error.message]).toEqual([404, expect.stringContaining('There is no such route')]);
  });
});
