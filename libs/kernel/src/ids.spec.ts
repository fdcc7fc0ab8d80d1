import { copyId, isUuid, newId, newIdAt } from './ids.js';

describe('ids', () => {
  it('sort by the time they were made, also within one millisecond', () => {
    const ids = Array.from({ length: 10_000 }, () => newId<string>());
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are UUIDs of version 7 whose first 48 bits are the time (RFC 9562, section 5.7)', () => {
    const id = newIdAt<string>(Date.UTC(2030, 0, 1));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.UTC(2030, 0, 1));
  });

  it('of copies are the same for the same original and place, differ by place, and sort as the originals', () => {
    const originals = Array.from({ length: 20 }, (_, index) => newIdAt<string>(1_000 * index));
    const copies = originals.map((id) => copyId(id, 'here'));
    expect(copies).toEqual(originals.map((id) => copyId(id, 'here')));
    expect(copies).toEqual(copies.toSorted());
    expect(new Set([...originals, ...copies, ...originals.map((id) => copyId(id, 'there'))]).size).toBe(60);
    for (const id of copies)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it.each(['', 'x', '01890000-0000-7000-8000-00000000000', "01890000-0000-7000-8000-000000000000'--"])(
    '%j is none',
    (text) => {
      expect(isUuid(text)).toBe(false);
    },
  );
});
