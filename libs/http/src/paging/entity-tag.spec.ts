import { entityTag, isNamed, requireMatch } from './entity-tag.js';

describe('entity tags', () => {
  it('differ by resource and by revision, and are strong', () => {
    const tags = [entityTag('a', 1), entityTag('a', 2), entityTag('b', 1), entityTag('a:1', 1), entityTag('a', 11)];
    expect(new Set(tags).size).toBe(tags.length);
    for (const tag of tags) expect(tag).toMatch(/^"[^"]+"$/);
  });

  const refusing = expect.objectContaining({ kind: 'precondition-failed' });

  it.each([undefined, '*', '"now"', '"old", "now"', '"a,b","now"'])(
    'If-Match %s allows a change of "now"',
    (ifMatch) => {
      expect(() => requireMatch({ ifMatch }, '"now"')).not.toThrow();
    },
  );

  it.each(['"old"', 'W/"now"', 'now', '', '"a,now,b"'])('If-Match %s refuses it', (ifMatch) => {
    expect(() => requireMatch({ ifMatch }, '"now"')).toThrow(refusing);
  });

  it('one of several current states is enough to allow a change, and to exclude it', () => {
    expect(() => requireMatch({ ifMatch: '"b"' }, '"a"', '"b"')).not.toThrow();
    expect(() => requireMatch({ ifNoneMatch: '"b"' }, '"a"', '"b"')).toThrow(refusing);
    expect(() => requireMatch(undefined, '"a"')).not.toThrow();
  });

  describe('If-None-Match (RFC 9110, section 13.1.2)', () => {
    it.each([
      [undefined, false],
      ['"a"', true],
      ['W/"a"', true],
      ['"b"', false],
      ['"b", "a"', true],
      ['"b" ,W/"a" , "c"', true],
      ['"b,"a"', false],
      ['*', true],
      [' * ', true],
      ['"*"', false],
      ['a', false],
      ['', false],
      ['Wed, 21 Oct 2015 07:28:00 GMT', false],
    ])('%s names "a": %s', (ifNoneMatch, isNamedNow) => {
      expect(isNamed(ifNoneMatch, '"a"')).toBe(isNamedNow);
      const codeOf = () => {
        try {
          return requireMatch({ ifNoneMatch }, '"a"') ?? 'allowed';
        } catch (error) {
          return (error as { code: string }).code;
        }
      };
      expect(codeOf()).toBe(isNamedNow ? 'precondition-failed' : 'allowed');
    });
  });
});
