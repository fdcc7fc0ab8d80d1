import { newId } from '#kernel';
import { SeenHits } from './search-page.js';

describe('SeenHits', () => {
  it('knows what it was given, over any number of cursors', () => {
    const pages = [
      [newId(), newId()],
      [newId(), newId()],
    ];
    const first = new SeenHits().packWith(pages[0]!);
    const second = new SeenHits(first).packWith(pages[1]!);
    const seen = new SeenHits(second);
    expect(seen.count).toBe(4);
    expect(pages.flat().every((id) => seen.has(id))).toBe(true);
    expect(seen.has(newId())).toBe(false);
  });

  it('fits 500 hits into a cursor', () => {
    const packed = new SeenHits().packWith(Array.from({ length: 500 }, () => newId()));
    expect(packed).toHaveLength(4_000);
    expect(packed).toMatch(/^[\w-]+$/);
  });
});
