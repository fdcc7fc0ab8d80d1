import { lookAlikeSamples, secretSamples } from '#test/support/secrets.js';
import { CachingFixture } from '../caching/caching-places.js';
import { ARE_TABLES_WHOLE } from '#test/support/table-rows.js';
import { ONE_BY_ONE, type Place, WAYS_IN } from './ways-in.js';

const SECRETS = secretSamples();
const LOOK_ALIKES = lookAlikeSamples();
/** Long enough for nobody to write it by chance. */
const PLANTED = SECRETS.map(({ secret }) => secret);

/** All of them by a way that sends them in one request, and by the first of the others; by the rest of those each sixth. */
const sentBy = <Sample>(name: string, samples: readonly Sample[]): readonly Sample[] =>
  ONE_BY_ONE.has(name) && !ARE_TABLES_WHOLE ? samples.filter((_, place) => place % 6 === 0) : samples;

describe('secrets in what is stored', () => {
  let fixture: CachingFixture;
  let count = 0;

  beforeAll(async () => {
    fixture = await CachingFixture.ofTwoServers({ RATE_LIMIT_ENABLED: 'false' });
  }, 180_000);

  afterAll(async () => {
    await fixture?.remove();
  }, 120_000);

  /** A workspace of its own with this mode, set by one process; what is sent goes to the other. */
  async function placeWith(redaction: object): Promise<Place> {
    const slug = `redaction-${++count}`;
    const operator = { headers: { 'x-keepsake-workspace': slug } };
    await fixture.here.api.post('/v1/workspaces', { slug });
    const scopes = ['memory:read', 'memory:write', 'admin', 'embeddings', 'operator'];
    const { body } = await fixture.here.api.post('/v1/keys', { name: 'k', scopes: scopes.slice(0, 4) }, operator);
    const key = body.key as string;
    const here = fixture.here.api.as(key);
    await fixture.there.api.as(key).get('/v1/settings');
    const { status } = await here.patch('/v1/settings', { redaction });
    if (status !== 200) throw new Error(`settings answered ${status}`);
    return { server: fixture.there, key, api: fixture.there.api.as(key), project: 'p' };
  }

  const kindsOf = (found: readonly { readonly kind: string }[]) => found.map(({ kind }) => kind);

  describe('are reported by default', () => {
    let place: Place;
    beforeAll(async () => {
      place = await placeWith({ mode: 'report' });
    });

    it.each(Object.entries(WAYS_IN))(
      'by %s: each of those that are sent, and no look-alike',
      async (name, send) => {
        const secrets = sentBy(name, SECRETS);
        const found = await send(
          place,
          secrets.map(({ text }) => text),
        );
        expect([name, found.length]).toEqual([name, secrets.length]);
        expect(new Set(kindsOf(found)).size).toBeGreaterThan(secrets.length / 2);
        const said = JSON.stringify(found);
        expect(PLANTED.filter((secret) => said.includes(secret))).toEqual([]);
        for (const { pointer } of found) expect(pointer).toMatch(/^\//);
        const taken = await send(
          { ...place, project: 'look-alikes' },
          sentBy(name, LOOK_ALIKES).map(({ text }) => text),
        );
        expect([name, taken]).toEqual([name, []]);
      },
      120_000,
    );

    it('the text is as it was sent, and the answer says where each stands', async () => {
      const [{ text, secret }] = SECRETS as [(typeof SECRETS)[0]];
      const { body, headers } = await place.api.post('/v1/contexts', { project: 'p', label: 'one', content: text });
      expect(body.content).toBe(text);
      expect(headers.get('keepsake-redaction')).toBe('1');
      expect(body.redactionReport).toEqual({
        mode: 'report',
        found: [{ kind: 'openai-key', in: 'body', pointer: '/content', offset: text.indexOf(secret) }],
        more: 0,
      });
      expect((await place.api.get(`/v1/contexts/${body.id}`)).body.redactionReport).toBeUndefined();
    });

    it('are counted by kind and mode', async () => {
      const { body } = await fixture.there.api.get<string>('/metrics');
      expect(body).toMatch(/redactions_total\{kind="openai-key",mode="report"\} [1-9]/);
    });
  });

  describe('are refused', () => {
    let place: Place;
    beforeAll(async () => {
      place = await placeWith({ mode: 'refuse' });
    });

    it.each(Object.entries(WAYS_IN))(
      'by %s, by kind and place; look-alikes are taken',
      async (name, send) => {
        const texts = SECRETS.map(({ text }) => text);
        const refusal = await send(place, texts).then(
          () => 'taken',
          (error: Error) => error.message,
        );
        if (name !== 'a tool of MCP') expect(refusal).toMatch(/^422 .*"secret-refused".*\(openai-key\) at character/);
        else expect(refusal).not.toBe('taken');
        expect(PLANTED.filter((secret) => refusal.includes(secret))).toEqual([]);
        const taken = await send(
          { ...place, project: 'look-alikes' },
          sentBy(name, LOOK_ALIKES).map(({ text }) => text),
        );
        expect(taken).toEqual([]);
      },
      120_000,
    );

    it('one by one in a batch that is not atomic', async () => {
      const items = [SECRETS[0], LOOK_ALIKES[0]].map((sample, index) => ({
        label: `x${index}`,
        content: sample?.text,
      }));
      const { status, body } = await place.api.post('/v1/contexts/batch', { project: 'p', atomic: false, items });
      expect(status).toBe(201);
      expect(body.items.map((item: { status: number }) => item.status)).toEqual([422, 201]);
      expect(body.items[0].problem.errors[0]).toMatchObject({ pointer: '/items/0/content' });
    });
  });

  it('are left alone where the workspace says so, and by detectors that are off', async () => {
    const off = await placeWith({ mode: 'off' });
    const text = SECRETS.map((sample) => sample.text).join('\n');
    const { body } = await off.api.post('/v1/contexts', { project: 'p', label: 'a', content: text });
    expect([body.content, body.redactionReport]).toEqual([text, undefined]);
    const people = await placeWith({ mode: 'mask', detectors: { apiKeys: false, emails: true, phones: true } });
    const content = `Ask ada@example.org, +49 30 901820, for ${SECRETS[0]?.secret}.`;
    const asked = await people.api.post('/v1/contexts', { project: 'p', label: 'a', content });
    expect(asked.body.content).toBe(`Ask [redacted:email], [redacted:phone], for ${SECRETS[0]?.secret}.`);
  });
});
