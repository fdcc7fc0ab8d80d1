import { z } from 'zod';
import { dayField, entityId, namedId, timeField } from './request-fields.js';

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
