import fc from 'fast-check';
import { bytesCodec, CorruptValueError, float32Codec, Format, UncacheableValueError } from './codec.js';
import { jsonCodec } from './json-codec.js';

type EqualityTester = (a: unknown, b: unknown) => boolean | undefined;

/** Jest compares dates by their number, and NaN equals nothing: two dates that are none are the same here. */
const sameInvalidDate: EqualityTester = (a, b) =>
  a instanceof Date && b instanceof Date && Number.isNaN(a.getTime()) && Number.isNaN(b.getTime()) ? true : undefined;
// The types of jest's globals lack this method of it.
(expect as unknown as { addEqualityTesters(testers: EqualityTester[]): void }).addEqualityTesters([sameInvalidDate]);

/** As JSON keeps it: without the properties that are undefined. An array keeps its places. */
function asKept(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asKept);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [asKept(key), asKept(item)]));
  if (value instanceof Set) return new Set([...value].map(asKept));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, asKept(item)]])),
  );
}

function throughJson(value: unknown): unknown {
  const { format, bytes } = jsonCodec.encode(value);
  return jsonCodec.decode(bytes, format);
}

const plainText = (text: string) => Buffer.from(text, 'utf8');

describe('the JSON codec', () => {
  it('gives back whatever it takes, as it was', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withUnicodeString: true,
    } as never);
    fc.assert(
      fc.property(anything, (value) => {
        let back: unknown;
        try {
          back = throughJson(value);
        } catch (error) {
          if (error instanceof UncacheableValueError) return;
          throw error;
        }
        expect(back).toStrictEqual(asKept(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['a string that names a function', '_function_() => process.exit(1)'],
    ['a string that names a date', '_date_2020-01-01'],
    ['an object with toJSON', { toJSON: 'text', x: 1 }],
    ['an object with then', JSON.parse('{"then": "later", "value": 1}')],
    ['a key that looks like a tag', { $date: 5 }],
    ['a tag in a tag', { $: { $bigint: '5' } }],
    ['several keys that look like tags', { $date: 1, $map: 2 }],
    ['-0 and NaN', [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['holes and undefined', [undefined, null, 0]],
    ['a lone surrogate', 'a\ud800b'],
    ['bytes', new Uint8Array([0, 255, 128])],
    ['a date that is none', [new Date(Number.NaN)]],
    ['a map in a map', new Map([['a', new Map([[1, new Date(5)]])]])],
  ])('T35 %s comes back exactly as stored', (_name, value) => {
    const back = throughJson(value);
    expect(back).toEqual(value);
    expect(Object.getPrototypeOf(Object(back))).toBe(Object.getPrototypeOf(Object(value)));
  });

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a class instance', new (class Thing {})()],
    ['a property named __proto__', JSON.parse('{"__proto__": {"a": 1}}')],
  ])('refuses %s', (_name, value) => {
    expect(() => jsonCodec.encode({ value })).toThrow(UncacheableValueError);
  });

  it('refuses a value that contains itself', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => jsonCodec.encode(loop)).toThrow('nested deeper');
  });

  it.each([
    ['half a text', '{"a":'],
    ['__proto__', '{"__proto__": {"isAdmin": true}}'],
    ['__proto__ spelt with escapes', String.raw`{"\u005f_proto__": {"isAdmin": true}}`],
    ['an unknown tag', '{"$code": "1"}', Format.taggedJson],
    ['a malformed bigint', '{"$bigint": "1e9"}', Format.taggedJson],
    ['a malformed map', '{"$map": [1]}', Format.taggedJson],
    ['a malformed vector', '{"$float32": "AAA="}', Format.taggedJson],
  ])('T25 %s is corrupt', (_name, text, format: number = Format.plainJson) => {
    expect(() => jsonCodec.decode(plainText(text), format)).toThrow(CorruptValueError);
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });

  it('freezes what several callers may hold, dates and maps included', () => {
    const value = jsonCodec.freeze({ list: [{ n: 1 }], map: new Map([['a', 1]]), at: new Date(0) }) as {
      list: { n: number }[];
      map: Map<string, number>;
      at: Date;
    };
    expect(() => value.list.push({ n: 2 })).toThrow(TypeError);
    expect(() => Object.assign(value.list[0] as object, { n: 9 })).toThrow(TypeError);
    expect(() => value.map.set('b', 2)).toThrow('read-only');
    expect(() => value.at.setTime(5)).toThrow('read-only');
    expect(value.at.getTime()).toBe(0);
  });
});

describe('the vector codec', () => {
  it('T15 keeps four bytes a dimension, and refuses another length both ways', () => {
    const codec = float32Codec(3);
    const { bytes, format } = codec.encode(Float32Array.of(1, -0.5, 3e38));
    expect(bytes).toHaveLength(12);
    expect(codec.decode(bytes, format)).toEqual(Float32Array.of(1, -0.5, 3e38));
    expect(() => codec.encode(Float32Array.of(1))).toThrow(UncacheableValueError);
    expect(() => codec.decode(Buffer.alloc(16), format)).toThrow(CorruptValueError);
    expect(() => codec.decode(Buffer.alloc(13), format)).toThrow(CorruptValueError);
  });

  it('gives every caller a copy', () => {
    const kept = Float32Array.of(1);
    const codec = float32Codec();
    codec.cloneForCaller(kept)[0] = 9;
    expect(kept[0]).toBe(1);
  });
});

describe('the bytes codec', () => {
  it('keeps bytes as they are and gives every caller a copy', () => {
    const source = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const { bytes, format } = bytesCodec.encode(source);
    expect(bytesCodec.decode(bytes, format)).toEqual(new Uint8Array([2, 3]));
    const kept = new Uint8Array([1]);
    bytesCodec.cloneForCaller(kept)[0] = 9;
    expect(kept[0]).toBe(1);
  });
});
