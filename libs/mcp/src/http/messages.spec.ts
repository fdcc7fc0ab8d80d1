import { countOfUncalled, isInitialize, messagesOf } from './messages.js';

describe('the messages of a request', () => {
  it('are one, or those of a batch', () => {
    expect(messagesOf({ method: 'ping' })).toEqual([{ method: 'ping' }]);
    expect(messagesOf([{ method: 'a' }, 5])).toEqual([{ method: 'a' }, 5]);
  });

  it('are refused where they are none, too many or too deep', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    for (const body of [undefined, deep, Array.from({ length: 21 }, () => ({}))])
      expect(() => messagesOf(body)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });

  it('are told apart by what they cost, whatever they are', () => {
    const messages = [{ method: 'tools/call' }, { method: 'initialize' }, null, 'x', { method: 5 }, { method: 'ping' }];
    expect(countOfUncalled(messages)).toBe(5);
    expect([isInitialize(messages), isInitialize([{ method: 'ping' }])]).toEqual([true, false]);
  });
});
