import { withReadableErrors } from './readable-errors.js';

const issue = { expected: 'record', code: 'invalid_type', path: ['params', 'arguments'], message: 'must be an object' };
const errorOf = (message: string) => ({ jsonrpc: '2.0', id: 1, error: { code: -32_603, message } });

describe('the errors of the SDK', () => {
  it.each(['', 'Invalid tools/call request: '])(
    'say what is wrong in one sentence, where they begin with %j',
    (words) => {
      const body = JSON.stringify(errorOf(`${words}${JSON.stringify([issue], null, 2)}`));
      const error = {
        code: -32_602,
        message: 'The request is not valid: /params/arguments: must be an object.',
        data: {
          code: 'invalid-request',
          status: 400,
          detail: 'The request is not valid: /params/arguments: must be an object.',
          errors: [{ pointer: '/params/arguments', detail: 'must be an object' }],
        },
      };
      expect(JSON.parse(withReadableErrors(body))).toEqual({ jsonrpc: '2.0', id: 1, error });
      const result = { jsonrpc: '2.0', id: 2, result: {} };
      expect(JSON.parse(withReadableErrors(`[${body},${JSON.stringify(result)}]`))).toEqual([
        { jsonrpc: '2.0', id: 1, error },
        result,
      ]);
    },
  );

  it('are short, whatever was sent', () => {
    const many = Array.from({ length: 200 }, (_, n) => ({ ...issue, path: ['params', 'x'.repeat(500), n] }));
    const short = withReadableErrors(JSON.stringify(errorOf(JSON.stringify(many))));
    expect(short.length).toBeLessThan(5_000);
    expect(JSON.parse(short).error.data.errors).toHaveLength(5);
  });

  it.each([
    '',
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    JSON.stringify(errorOf('Method not found')),
    JSON.stringify(errorOf('There is no tool "[{}]" in the profile core.')),
    JSON.stringify(errorOf('[{"a":1}]')),
    '{"jsonrpc":"2.0","id":1,"result":{"error":{"message":"[{}]"}}}',
  ])('and nothing else is changed: %s', (body) => {
    expect(withReadableErrors(body)).toBe(body);
  });
});
