import { isNotModified } from './conditional.js';

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
  ])('%s', (header, expected) => {
    expect(isNotModified(header, '"a"')).toBe(expected);
  });
});
