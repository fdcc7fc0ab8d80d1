import type { JsonRpcMessage } from './mcp-link.js';
import { McpBridge } from './mcp-bridge.js';

describe('the bridge', () => {
  let answers: any[];
  let reported: string[];
  beforeEach(() => {
    answers = [];
    reported = [];
  });
  const bridgeTo = (send: (message: JsonRpcMessage, signal: AbortSignal) => Promise<unknown>) =>
    new McpBridge(
      async (message, signal) => JSON.stringify(await send(message, signal)),
      (json) => void answers.push(JSON.parse(json)),
      (text) => void reported.push(text),
    );

  it('hands on each line and writes what is answered, in the order of the answers', async () => {
    let release: (() => void) | undefined;
    const bridge = bridgeTo(async ({ id }) => {
      if (id === 1) await new Promise<void>((settle) => (release = settle));
      return id === undefined ? undefined : { id };
    });
    for (const line of ['{"id":1,"method":"a"}', '', '{"method":"b"}', '{"id":2,"method":"c"}']) bridge.accept(line);
    await new Promise(setImmediate);
    expect(answers).toEqual([{ id: 2 }]);
    release?.();
    await bridge.settled();
    expect(answers).toEqual([{ id: 2 }, { id: 1 }]);
  });

  it('answers what is no message itself', async () => {
    const bridge = bridgeTo(async () => undefined);
    for (const line of ['{', '5', 'null', '[]']) bridge.accept(line);
    await bridge.settled();
    expect(answers.map(({ error, id }) => [error.code, id])).toEqual(Array.from({ length: 4 }, () => [-32_700, null]));
  });

  it('answers a request that fails with its error, and reports where nobody waits', async () => {
    const bridge = bridgeTo(async () => {
      throw new Error('gone');
    });
    bridge.accept('{"id":"x","method":"a"}');
    bridge.accept('{"method":"b"}');
    await bridge.settled();
    expect(answers).toEqual([{ jsonrpc: '2.0', id: 'x', error: { code: -32_000, message: 'gone' } }]);
    expect(reported).toEqual(['gone']);
  });

  it('hangs up where the client cancels, and answers nothing', async () => {
    const seen: JsonRpcMessage[] = [];
    const bridge = bridgeTo((message, signal) => {
      seen.push(message);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    });
    bridge.accept('{"id":3,"method":"tools/call"}');
    bridge.accept('{"method":"notifications/cancelled","params":{"requestId":3}}');
    await bridge.settled();
    expect([answers, reported, seen.length]).toEqual([[], [], 1]);
  });

  it('hands on and writes what was written, so that no number is rounded', async () => {
    const line = '{"jsonrpc":"2.0","id":9007199254740993,"method":"a","params":{"n":12345678901234567890}}';
    const handedOn: string[] = [];
    const written: string[] = [];
    const bridge = new McpBridge(
      async (_message, _signal, json) => {
        handedOn.push(json);
        return json;
      },
      (json) => void written.push(json),
      () => undefined,
    );
    bridge.accept(line);
    await bridge.settled();
    expect([handedOn, written]).toEqual([[line], [line]]);
  });
});
