import { countOfUncalled, isInitialize, messagesOf, withoutAbsent } from './messages.js';

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

  it.each([
    [{ id: 'x'.repeat(257) }, '/id'],
    [{ method: 'x'.repeat(257) }, '/method'],
    [{ params: { name: 'x'.repeat(257) } }, '/params/name'],
    [{ params: { uri: 'x'.repeat(3_001) } }, '/params/uri'],
    [[{ id: 1 }, { params: { name: 'x'.repeat(257) } }], '/1/params/name'],
  ])('are refused where an answer would repeat too much of them', (body, pointer) => {
    const issues = [expect.objectContaining({ pointer })];
    expect(() => messagesOf(body)).toThrow(expect.objectContaining({ code: 'invalid-request', issues }));
  });

  it('are distinguished by what they cost, whatever they are', () => {
    const messages = [{ method: 'tools/call' }, { method: 'initialize' }, null, 'x', { method: 5 }, { method: 'ping' }];
    expect(countOfUncalled(messages)).toBe(5);
    expect([isInitialize(messages), isInitialize([{ method: 'ping' }])]).toEqual([true, false]);
  });

  it.each([
    [{ method: 'tools/list', params: null }, { method: 'tools/list' }],
    [
      { method: 'tools/list', params: { cursor: null } },
      { method: 'tools/list', params: {} },
    ],
    [
      { method: 'tools/call', params: { name: 'a', arguments: null } },
      { method: 'tools/call', params: { name: 'a' } },
    ],
    [
      { method: 'tools/call', params: { name: 'a', arguments: '{"b":null}' } },
      { method: 'tools/call', params: { name: 'a', arguments: { b: null } } },
    ],
    [
      { method: 'prompts/get', params: { name: 'a', arguments: { b: '', c: null, d: 'e' } } },
      { method: 'prompts/get', params: { name: 'a', arguments: { d: 'e' } } },
    ],
  ])('%j is read without what is absent, alone and in a batch', (sent, read) => {
    expect(withoutAbsent(sent)).toEqual(read);
    expect(withoutAbsent([sent, 5])).toEqual([read, 5]);
  });

  it.each([
    { method: 'tools/call', params: { name: 'a', arguments: 'q' } },
    { method: 'tools/call', params: { name: 'a', arguments: '[1]' } },
    { method: 'tools/call', params: { name: 'a', arguments: { b: null, c: '' } } },
    { method: 'prompts/get', params: { name: 'a', arguments: '{}' } },
    { method: 'tools/call', params: [1] },
    null,
    5,
  ])('%j stays as it is', (sent) => {
    expect(withoutAbsent(sent)).toEqual(sent);
  });
});
