import { z } from 'zod';
import { dayField, entityId, namedId, queryDecimal, queryInteger, timeField } from './request-fields.js';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('entityId', () => {
  it('T2 gives an id one name, whatever the case it is written in', () => {
    expect(entityId().parse(ID.toUpperCase())).toBe(ID);
    expect(entityId().parse(ID)).toBe(ID);
    expect(namedId({ id: ID.toUpperCase() })).toBe(ID);
  });

  it.each(['', 'x', `${ID}0`, ` ${ID}`, 5, null])('refuses %j', (value) => {
    expect(entityId('write an id').safeParse(value)).toMatchObject({ error: { issues: [{ message: 'write an id' }] } });
  });

  it('is described as a UUID', () => {
    expect(z.toJSONSchema(entityId(), { io: 'input' })).toMatchObject({ type: 'string', format: 'uuid' });
  });
});

describe('times', () => {
  it.each(['2026-11-21T12:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2026-11-21T12:00:00.5+14:00'])(
    'take %s',
    (text) => expect(timeField().parse(text)).toBe(text),
  );

  it.each([
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-14:00',
    '9999-12-31T23:59:59.9999-00:01',
    '2026-02-30T00:00:00Z',
    'yesterday',
    '',
  ])('refuse %j: in UTC it is of no year that an answer can show, or no time', (text) => {
    expect(timeField().safeParse(text).success).toBe(false);
  });

  it('what is no time is reported as that alone', () => {
    const { error } = timeField({ error: 'write a time' }).safeParse('yesterday');
    expect(error?.issues.map(({ message }) => message)).toEqual(['write a time']);
  });

  it('days are of the same years', () => {
    expect(dayField().parse('0001-01-01')).toBe('0001-01-01');
    expect(['0000-12-31', '0000-02-29', '2026-13-01'].map((text) => dayField().safeParse(text).success)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('numbers in queries', () => {
  it.each(['0', '5', '100'])('take %s', (text) => {
    expect(queryInteger(0, 100).parse(text)).toBe(Number(text));
    expect(queryDecimal(0, 100).parse(text)).toBe(Number(text));
  });

  it.each([
    '',
    ' ',
    '0x10',
    '1e1',
    '+5',
    '-5',
    '-0',
    ' 5',
    '5 ',
    '05',
    '00',
    '٥',
    '5n',
    '1_0',
    'NaN',
    'Infinity',
    '101',
  ])('refuse %j in one sentence', (text) => {
    for (const [schema, reported] of [
      [queryInteger(0, 100), 'must be a whole number from 0 to 100, in plain digits'],
      [queryDecimal(0, 100), 'must be a number from 0 to 100, in plain digits'],
    ] as const)
      expect(schema.safeParse(text).error?.issues.map(({ message }) => message)).toEqual([reported]);
  });

  it('have a decimal point or not', () => {
    expect(queryDecimal(0, 100).parse('1.50')).toBe(1.5);
    expect(['1.', '.5', '1.5.', '1,5'].filter((text) => queryDecimal(0, 100).safeParse(text).success)).toEqual([]);
    expect(queryInteger(0, 100).safeParse('1.0').success).toBe(false);
    expect(queryInteger(0, 100).safeParse(['1', '2']).success).toBe(false);
    expect(queryInteger(0, 100).safeParse('99999999999999999999').success).toBe(false);
  });

  it('are described as numbers', () => {
    expect(z.toJSONSchema(queryInteger(1, 100).prefault(20), { io: 'input' })).toMatchObject({
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 20,
    });
    expect(z.toJSONSchema(queryDecimal(0, 9).optional(), { io: 'input' })).toMatchObject({
      type: 'number',
      maximum: 9,
    });
    expect(queryInteger(1, 100).prefault(20).parse(undefined)).toBe(20);
  });
});
