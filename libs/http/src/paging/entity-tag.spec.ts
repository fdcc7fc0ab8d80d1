import { entityTag, requireMatch } from './entity-tag.js';

describe('entity tags', () => {
  it('differ by resource and by revision, and are strong', () => {
    const tags = [entityTag('a', 1), entityTag('a', 2), entityTag('b', 1), entityTag('a:1', 1), entityTag('a', 11)];
    expect(new Set(tags).size).toBe(tags.length);
    for (const tag of tags) expect(tag).toMatch(/^"[^"]+"$/);
  });

  it.each([undefined, '*', '"now"', '"old", "now"'])('If-Match %s allows a change of "now"', (header) => {
    expect(() => requireMatch(header, '"now"')).not.toThrow();
  });

  it.each(['"old"', 'W/"now"', 'now', ''])('If-Match %s refuses it', (header) => {
    expect(() => requireMatch(header, '"now"')).toThrow(expect.objectContaining({ kind: 'precondition-failed' }));
  });
});
