import fc from 'fast-check';
import { defineFamily } from './family.js';
import { encodeKeyPart, encodeKeyParts, hashOf, type KeyPart, KeySpace } from './key.js';
import { definePlatformTag, defineTag } from './tag.js';

const space = new KeySpace();

interface SessionKey {
  readonly workspace: string;
  readonly id: string;
}

const sessions = defineFamily<SessionKey, unknown>({
  name: 'session',
  schemaVersion: 3,
  scope: 'workspace',
  mutable: false,
  key: ({ id }) => id,
  ttlMs: 1_000,
});

describe('keys', () => {
  it('T13 a key is the same in every process and run: golden values', () => {
    const workspace = '01890a5d-ac96-774b-bcce-b302099a8057';
    expect(sessions.entryKey(space, { workspace, id: 's-1' })).toBe(`ks:v:session@3:${workspace}:s-1`);
    expect(sessions.entryKey(space, { workspace, id: 'a:b c/ü' })).toBe(
      `ks:v:session@3:${workspace}:#UV-Ot_fQFeM0U4Atz3gtzWQzBhp3MwhX-mkKtfBUidM`,
    );
    expect(encodeKeyParts(['x', 1, true, null, 12n, ''])).toBe(
      'x:=1:=true:=null:=12n:#47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    );
    expect(hashOf({ b: [1, { y: 2, x: 'é' }], a: null, c: new Date(0) })).toBe(
      '2iwUxWas8vBWDc3YPrUna78GcR1Q2ZWEfwUznolwCP4',
    );
    const tag = defineTag('session', ({ id }: SessionKey) => id)({ workspace: 'w', id: 's:1' });
    expect(space.tagKey(tag)).toBe('ks:t:w:session:#GyXzjBqoVTsDJA55PiVixSBJagRp1oO4_PUs6CBqfoE');
    expect(space.tagKey(definePlatformTag('token', (hash: string) => hash)('h'))).toBe('ks:t:!:token:h');
    expect(space.epochKey).toBe('ks:e');
    expect(space.counterPrefix).toBe('ks:c:');
  });

  it('T13 a key names its scope: principal within project within workspace', () => {
    const answers = defineFamily<{ workspace: string; project: string; principal: string; q: string }, unknown>({
      name: 'answer',
      schemaVersion: 1,
      scope: 'principal',
      mutable: false,
      key: ({ q }) => q,
      ttlMs: 1_000,
    });
    expect(answers.entryKey(space, { workspace: 'w', project: 'p', principal: 'key:1', q: 'x' })).toBe(
      'ks:v:answer@1:w:p:#vSRyOraUoC1v-YGEuShQgLLZsKqKbm96Y4VOMwUIDcY:x',
    );
  });

  it('T27 long or colon-containing ids do not collide', () => {
    const part = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ':', '#', '=', '1', '|', '\u0000', '\ud800'), maxLength: 6 }),
      fc.string({ minLength: 120, maxLength: 200 }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.bigInt({ min: -9n, max: 9n }),
    ) as fc.Arbitrary<KeyPart>;
    const parts = fc.array(part, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const isSame =
          one.length === other.length && one.every((value, i) => Object.is(value, other[i]) || value === other[i]);
        expect(encodeKeyParts(one) === encodeKeyParts(other)).toBe(isSame);
      }),
      { numRuns: 2_000 },
    );
    const long = 'x'.repeat(5_000);
    expect(encodeKeyPart(long)).not.toBe(encodeKeyPart(`${long}y`));
    expect(encodeKeyPart(long).length).toBeLessThan(64);
  });

  it('T28 the order of named arguments makes no difference, a different filter does', () => {
    expect(hashOf({ project: 'p', tags: ['a', 'b'], limit: 5 })).toBe(
      hashOf({ limit: 5, tags: ['a', 'b'], project: 'p' }),
    );
    expect(hashOf({ a: 1, b: undefined })).toBe(hashOf({ a: 1 }));
    const different: unknown[] = [
      { a: 1 },
      { a: '1' },
      { a: true },
      { a: null },
      { a: [1] },
      { a: { 0: 1 } },
      { b: 1 },
      [1],
      1,
      '1',
      { a: 1n },
    ];
    expect(new Set(different.map(hashOf)).size).toBe(different.length);
    expect(hashOf(['a', 'b'])).not.toBe(hashOf(['b', 'a']));
  });

  it.each([
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['an object', { a: 1 }],
  ])('is not built from %s', (_name, value) => {
    expect(() => encodeKeyPart(value as never)).toThrow(TypeError);
  });

  it('is not built from what has no canonical form', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    for (const value of [loop, () => 1, new Map(), Number.POSITIVE_INFINITY])
      expect(() => hashOf(value)).toThrow(TypeError);
  });

  it.each(['', 'a:b', 'a b', 'x'.repeat(33)])('refuses the namespace %j', (namespace) => {
    expect(() => new KeySpace(namespace)).toThrow('is not usable');
  });
});

describe('a family', () => {
  const sound = {
    name: 'thing',
    schemaVersion: 1,
    scope: 'workspace',
    mutable: false,
    key: () => 'k',
    ttlMs: 1,
  } as const;

  it.each([
    ['a name with capitals', { name: 'Thing' }],
    ['a name with a colon', { name: 'a:b' }],
    ['version 0', { schemaVersion: 0 }],
    ['a TTL of 0', { ttlMs: 0 }],
    ['a TTL with a fraction', { ttlMs: 1.5 }],
    ['a TTL of 50 days', { ttlMs: 50 * 86_400_000 }],
    ['a negative stale window', { staleMs: -1 }],
    ['a jitter of 1', { jitter: 1 }],
  ])('is refused with %s', (_name, part) => {
    expect(() => defineFamily<SessionKey, unknown>({ ...sound, ...part })).toThrow(TypeError);
  });

  it('T12 can be scoped to nothing wider than its parameters name', () => {
    const common = { name: 'thing', schemaVersion: 1, mutable: false, key: () => 'k', ttlMs: 1 } as const;
    // @ts-expect-error parameters that name a principal are scoped by it
    defineFamily<{ workspace: string; principal: string }, unknown>({ ...common, scope: 'workspace' });
    // @ts-expect-error parameters that name a project are scoped by it
    defineFamily<{ workspace: string; project: string }, unknown>({ ...common, scope: 'workspace' });
    // @ts-expect-error parameters that name a workspace are scoped by it
    defineFamily<{ workspace: string }, unknown>({ ...common, scope: 'platform' });
    // @ts-expect-error a scope is not left out
    defineFamily<{ workspace: string }, unknown>(common);
    // @ts-expect-error a mutable family has tags
    defineFamily<{ workspace: string }, unknown>({ ...common, scope: 'workspace', mutable: true });
    expect(common.name).toBe('thing');
  });
});
