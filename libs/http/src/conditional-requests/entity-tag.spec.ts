import { entityTag, isNamed, requireMatch, requireSame } from './entity-tag.js';

describe('entity tags', () => {
  it('differ by everything that they are made of, and are strong', () => {
    const tags = [
      entityTag(['a', '1']),
      entityTag(['a', '2']),
      entityTag(['b', '1']),
      entityTag(['a1', '']),
      entityTag(['a', '1', null]),
      entityTag(['a', '1'], ['ready']),
      entityTag(['a', '1'], ['off']),
      entityTag(['a', '1', 'ready']),
    ];
    expect(new Set(tags).size).toBe(tags.length);
    for (const tag of tags) expect(tag).toMatch(/^"[^"]+"$/);
    expect(entityTag(['a', '1'], ['ready'])).toBe(entityTag(['a', '1'], ['ready']));
  });

  it('T57 a change is for a state, whatever was shown beside it; a read is of one representation', () => {
    const [pending, ready, other] = [
      entityTag(['a', '1'], ['pending']),
      entityTag(['a', '1'], ['ready']),
      entityTag(['a', '2'], ['ready']),
    ];
    expect(() => requireMatch({ ifMatch: pending }, ready)).not.toThrow();
    expect(() => requireMatch({ ifMatch: `${other}, ${pending}` }, ready)).not.toThrow();
    expect(() => requireMatch({ ifNoneMatch: pending }, ready)).toThrow(refusing);
    expect(() => requireMatch({ ifNoneMatch: `W/${pending}` }, ready)).toThrow(refusing);
    for (const ifMatch of [other, `W/${pending}`, `${pending.slice(0, 23)}"`])
      expect(() => requireMatch({ ifMatch }, ready)).toThrow(refusing);
    expect(() => requireMatch({ ifNoneMatch: other }, ready)).not.toThrow();
    expect(() => requireSame(ready, ready)).not.toThrow();
    expect(() => requireSame(pending, ready)).toThrow(refusing);
    expect(isNamed(pending, ready)).toBe(false);
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

  it('without conditions every change is allowed', () => {
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
