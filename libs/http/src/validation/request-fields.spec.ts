import { z } from 'zod';
import { entityId, namedId } from './request-fields.js';

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
