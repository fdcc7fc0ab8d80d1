import fc from 'fast-check';
import { newId, newRevision, type MessageId } from '#kernel';
import { answersIn, besidesResults, callsIn } from '../tool-links.js';
import type { MessageContent, MessageRole } from '../message.js';
import { type CountedMessage, sliceWindow } from './window.js';

type Piece = readonly [role: MessageRole, content: MessageContent, tokens: number];

const call = (id: string) => ({ type: 'tool_call', id, name: 'read', arguments: {} });
const text = (said: string) => ({ type: 'text', text: said });
const result = (callId: string) => ({ type: 'tool_result', callId, content: 'read' });

function conversation(pieces: readonly Piece[]): CountedMessage[] {
  return pieces.map(([role, content, tokens], place) => ({
    workspaceId: newId(),
    id: newId<MessageId>(),
    conversationId: newId(),
    projectId: newId(),
    seq: place + 1,
    clientId: null,
    role,
    name: null,
    content,
    metadata: {},
    createdAt: new Date(0),
    editedAt: null,
    givenHash: '',
    sizeBytes: 0,
    calls: callsIn(content),
    revision: newRevision(),
    createdBy: null,
    importedAuthor: null,
    tokens,
    ...(besidesResults(content) === undefined ? {} : { tokensWithoutResults: 1 }),
  }));
}

const whole = (messages: readonly CountedMessage[]) => ({ messages, isWhole: true, earlierCalls: [] });
const numbers = (messages: readonly CountedMessage[]) => messages.map(({ seq }) => seq);

/** Ids come again, results come late, without a call, before it or without an id; some calls are never answered. */
const id = fc.constantFrom('a', 'b', 'c');
const piece: fc.Arbitrary<Piece> = fc.tuple(
  fc.constantFrom('user' as const, 'assistant' as const),
  fc.constant('text'),
  fc.integer({ min: 1, max: 20 }),
);
const callPiece: fc.Arbitrary<Piece> = fc.tuple(
  fc.constant('assistant' as const),
  fc.array(id.map(call), { minLength: 1, maxLength: 3 }),
  fc.integer({ min: 1, max: 20 }),
);
const resultPiece: fc.Arbitrary<Piece> = fc.tuple(
  fc.constant('tool' as const),
  fc.oneof(fc.array(id.map(result), { minLength: 1, maxLength: 2 }), fc.constant('a result without an id')),
  fc.integer({ min: 1, max: 20 }),
);
const mixedPiece: fc.Arbitrary<Piece> = fc.tuple(
  fc.constant('user' as const),
  fc.array(id.map(result), { minLength: 1, maxLength: 2 }).map((results) => [...results, text('mine')]),
  fc.integer({ min: 1, max: 20 }),
);
const pieces = fc.array(fc.oneof(piece, callPiece, resultPiece, mixedPiece), { maxLength: 30 });
const limits = fc.record({ maxMessages: fc.integer({ min: 1, max: 35 }), maxTokens: fc.integer({ min: 1, max: 300 }) });

/** For each result of a message, the place of the call that it answers; undefined where there is none. */
function callsOf(messages: readonly CountedMessage[], place: number): (number | undefined)[] {
  const before = messages.slice(0, place);
  return (answersIn(messages[place]!) ?? []).map((wanted) => {
    const at = before.findLastIndex(({ role, calls }) =>
      wanted === '' ? role === 'assistant' : calls.includes(wanted),
    );
    return at === -1 ? undefined : at;
  });
}

describe('a window', () => {
  it('stays within both limits, and counts what it holds', () => {
    fc.assert(
      fc.property(pieces, limits, (given, { maxMessages, maxTokens }) => {
        const { messages, tokens } = sliceWindow(whole(conversation(given)), { maxMessages, maxTokens });
        expect(messages.length).toBeLessThanOrEqual(maxMessages);
        expect(tokens).toBeLessThanOrEqual(maxTokens);
        expect(tokens).toBe(messages.reduce((sum, message) => sum + message.tokens, 0));
      }),
    );
  });

  it('has the call of every result, and every result that there is of a call', () => {
    fc.assert(
      fc.property(pieces, limits, (given, limit) => {
        const all = conversation(given);
        const { messages: possible } = sliceWindow(whole(all), { maxMessages: 1_000 });
        const { messages: shown } = sliceWindow(whole(all), limit);
        for (const place of shown.keys()) expect(callsOf(shown, place)).not.toContain(undefined);
        const found = new Map(shown.map((message) => [message.seq, answersIn(message)?.length ?? 0]));
        const missing = [...possible.entries()].filter(([place, { seq }]) =>
          callsOf(possible, place).some((at) => found.has(possible[at!]!.seq) && (found.get(seq) ?? 0) === 0),
        );
        expect(missing).toEqual([]);
      }),
    );
  });

  it('has at least the longest end of the conversation that has both', () => {
    fc.assert(
      fc.property(pieces, limits, (given, { maxMessages, maxTokens }) => {
        const all = conversation(given);
        const possible = sliceWindow(whole(all), { maxMessages: 1_000 }).messages;
        const fits = (from: number) => {
          const held = possible.slice(from);
          const splits = held.some((_, place) => callsOf(possible, from + place).some((at) => at! < from));
          const tokens = held.reduce((sum, message) => sum + message.tokens, 0);
          return !splits && held.length <= maxMessages && tokens <= maxTokens;
        };
        const from = possible.findIndex((_, place) => fits(place));
        const expected = from === -1 ? [] : possible.slice(from);
        const window = sliceWindow(whole(all), { maxMessages, maxTokens });
        expect(numbers(window.messages)).toEqual(expect.arrayContaining(numbers(expected)));
        expect(window.truncated || window.messages.length === possible.length).toBe(true);
      }),
    );
  });

  it('keeps the text that stands beside a result without a call, and says what it left out', () => {
    const mine = [result('gone'), text('mine'), { type: 'image', url: 'https://example.org/a.png' }];
    const all = conversation([
      ['user', 'one', 1],
      ['user', mine, 500],
    ]);
    const window = sliceWindow(whole(all), { maxMessages: 2, maxTokens: 10 });
    expect(window).toMatchObject({ messages: [{ seq: 1 }, { seq: 2, content: mine.slice(1) }], tokens: 2 });
    expect([window.resultsLeftOut, window.truncated]).toEqual([1, false]);
  });

  it('keeps the other results of a message with one without a call', () => {
    const all = conversation([
      ['assistant', [call('x')], 1],
      ['tool', [result('gone'), result('x')], 1],
    ]);
    const { messages, resultsLeftOut } = sliceWindow(whole(all), { maxMessages: 2 });
    expect([messages[1]?.content, resultsLeftOut]).toEqual([[result('x')], 1]);
  });

  it.each([
    ['by number', { maxMessages: 3 }, [4, 5, 7], 1],
    ['by number, at the end', { maxMessages: 3 }, [3, 4, 5], 1, 6],
    ['by tokens, at the end', { maxMessages: 50, maxTokens: 4 }, [3, 4, 5], 100, 6],
    ['not, with room for the call', { maxMessages: 7 }, [1, 2, 3, 4, 5, 6, 7], 1],
  ])('is not emptied by a result that came late: limited %s', (_, limit, expected, tokens, length = 7) => {
    const all = conversation([
      ['user', 'one', 1],
      ['assistant', [call('x')], 1],
      ['user', 'three', 1],
      ['user', 'four', 1],
      ['user', 'five', 1],
      ['tool', [result('x')], tokens],
      ['user', 'seven', 1],
    ]);
    const window = sliceWindow(whole(all.slice(0, length)), limit);
    expect(numbers(window.messages)).toEqual(expected);
    expect(window.resultsLeftOut).toBe(expected.includes(6) ? 0 : 1);
  });

  it('is the same from what is kept as from the whole conversation, as long as enough is kept', () => {
    fc.assert(
      fc.property(pieces, limits, fc.nat(30), (given, limit, dropped) => {
        const all = conversation(given);
        const kept = all.slice(dropped);
        const earlier = all.slice(0, dropped).flatMap(({ calls }) => calls);
        const isWhole = kept.length === all.length;
        const slice = sliceWindow({ messages: kept, isWhole, earlierCalls: earlier }, limit);
        if (slice.isShort) return;
        const expected = sliceWindow(whole(all), limit).messages;
        // A result without an id may belong to an answer before what is kept, or to none: then it is not shown.
        expect(numbers(expected).slice(expected.length - slice.messages.length)).toEqual(numbers(slice.messages));
      }),
    );
  });

  it('leaves out a result whose call was deleted, and goes on before it', () => {
    const all = conversation([
      ['user', 'one', 1],
      ['tool', [result('gone')], 1],
      ['user', 'two', 1],
    ]);
    expect(numbers(sliceWindow(whole(all), { maxMessages: 3 }).messages)).toEqual([1, 3]);
  });

  it.each([
    ['of its id', [call('x'), result('x')]],
    [
      'without ids',
      [
        { type: 'tool_call', name: 'read' },
        { type: 'tool_result', content: 'read' },
      ],
    ],
    ['without the id of its call', [call('x'), { type: 'tool_result', content: 'read' }]],
  ])('has a message with a call and its result %s', (_, both) => {
    const all = conversation([
      ['user', 'one', 1],
      ['assistant', both, 1],
      ['user', 'two', 1],
    ]);
    for (const maxMessages of [1, 2, 3])
      expect(numbers(sliceWindow(whole(all), { maxMessages }).messages)).toEqual([1, 2, 3].slice(-maxMessages));
  });

  it.each([
    ['of Anthropic', { type: 'tool_use', id: 'x' }, { type: 'tool_result', tool_use_id: 'x' }],
    [
      'of the Responses API',
      { type: 'function_call', id: 'fc_1', call_id: 'x' },
      { type: 'function_call_output', call_id: 'x' },
    ],
    ['of the AI SDK', { type: 'tool-call', toolCallId: 'x' }, { type: 'tool-result', toolCallId: 'x' }],
  ])('knows calls and results %s', (_, one, other) => {
    expect(callsIn([one])).toEqual(['x']);
    expect(answersIn({ role: 'user', content: [other], metadata: {} })).toEqual(['x']);
  });
});
