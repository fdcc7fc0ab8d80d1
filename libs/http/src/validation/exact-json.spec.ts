import fc from 'fast-check';
import { findInexactJson } from './exact-json.js';

describe('JSON that is kept as it is written', () => {
  it.each([
    '0',
    '-1',
    '1.0',
    '1.50',
    '1e2',
    '1E+2',
    '0.1',
    '0e5',
    '1e23',
    '5e-324',
    '1.7976931348623157e308',
    '9007199254740992',
    '-9007199254740991',
    '123456789012345680000',
    '0.30000000000000004',
    '3.141592653589793',
    '[[],{},"",null,true,false]',
    '{"a":{"a":1},"b":[{"a":1},{"a":2}],"":0," ":0}',
    '{"n":"12345678901234567890","k":"-0","{":"}","\\"a":1,"a":"\\\\"}',
  ])('%s', (json) => {
    expect(findInexactJson(json)).toBeUndefined();
  });

  it.each([
    ['-0', ''],
    ['[1,-0.0e3]', '/1'],
    ['{"metadata":{"id":9007199254740993}}', '/metadata/id'],
    ['{"metadata":{"list":[{},{"a/b":[0,12345678901234567890]}]}}', '/metadata/list/1/a~1b/1'],
    ['1e400', ''],
    ['1e-400', ''],
    ['0.1000000000000000055511151231257827', ''],
    ['{"a":1,"b":{"c":[1,2,{"x":1}],"c":2}}', '/b/c'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['{"a":{"a":1},"b":[],"a":{}}', '/a'],
  ])('refuses %s', (json, pointer) => {
    expect(findInexactJson(json)).toEqual({ pointer, detail: expect.any(String) });
  });

  it('takes whatever JSON.stringify writes, and refuses it with another digit', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value);
        return /-0(?![.\d])/.test(json) || findInexactJson(json) === undefined;
      }),
    );
    const nonZero = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => value !== 0);
    fc.assert(
      fc.property(nonZero, fc.integer({ min: 1, max: 9 }), (value, digit) => {
        const [mantissa = '', exponent] = String(value).split('e');
        const longer = `${mantissa}${mantissa.includes('.') ? '' : '.'}${'0'.repeat(17)}${digit}`;
        return findInexactJson(exponent === undefined ? longer : `${longer}e${exponent}`) !== undefined;
      }),
    );
  });
});
