import { escapePointer, findUnsafeText, MAX_JSON_DEPTH } from './text-safety.js';

describe('findUnsafeText', () => {
  it('accepts any well-formed Unicode at any place', () => {
    expect(findUnsafeText({ a: ['❌', { b: '👩‍👩‍👧‍👦 \u0001 \uFFFD' }], c: 1, d: null, e: true })).toBeUndefined();
    expect(findUnsafeText(undefined)).toBeUndefined();
  });

  it.each([
    ['a value', { items: [{ label: 'a\0b' }] }, '/items/0/label'],
    ['a name', { metadata: { 'x\0': 1 } }, '/metadata/x\0'],
    ['the whole', 'a\0', ''],
  ])('names NUL in %s', (_, value, pointer) => {
    expect(findUnsafeText(value)).toMatchObject({ pointer, detail: expect.stringContaining('NUL') });
  });

  it('names a lone surrogate, which has no UTF-8 form', () => {
    expect(findUnsafeText({ text: 'x\uD800y' })).toMatchObject({
      pointer: '/text',
      detail: expect.stringContaining('surrogate'),
    });
  });

  it('refuses nesting that recursive code could not follow, without recursion of its own', () => {
    const nested = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 'x');
    expect(findUnsafeText(nested(MAX_JSON_DEPTH))).toBeUndefined();
    expect(findUnsafeText(nested(MAX_JSON_DEPTH + 1))).toMatchObject({ detail: expect.stringContaining('nested') });
    expect(findUnsafeText(nested(200_000))).toMatchObject({ detail: expect.stringContaining('nested') });
  });
});

it('escapes reference tokens as RFC 6901 says', () => {
  expect(escapePointer('a/b~c')).toBe('a~1b~0c');
});
