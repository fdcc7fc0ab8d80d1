import fc from 'fast-check';
import {
  anthropicMessages,
  chatGptExport,
  chatGptMessage,
  chatGptNode,
  claudeCodeLines,
  claudeExport,
  codexLines,
  codexRollback,
  jsonLines,
  openAiMessages,
  transcripts,
} from '#test/support/transcripts.js';
import { type TranscriptOptions, TranscriptReader } from './read-transcript.js';
import { type TranscriptFormat, transcriptFormats, type TranscriptItem } from './transcript.js';

async function* chunks(text: string | Buffer, size = 50_000): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** Twice, as an import reads it. */
async function read(text: string | Buffer, options: TranscriptOptions = {}, size?: number) {
  const reader = new TranscriptReader(options);
  for await (const _ of reader.read(chunks(text, size))) continue;
  const items: TranscriptItem[] = [];
  for await (const item of new TranscriptReader(options, reader).read(chunks(text, size))) items.push(item);
  return { items, format: reader.format, notes: reader.notes.list() };
}

const saidBy = (items: readonly TranscriptItem[]) =>
  items.map(({ message }) => [message.role, message.content] as const);

async function refusal(text: string | Buffer, options: TranscriptOptions = {}) {
  const error = await read(text, options).then(
    () => undefined,
    (thrown: unknown) => thrown as { code: string; issues: { pointer: string }[] },
  );
  return [error?.code, error?.issues[0]?.pointer];
}

async function problem(text: string | Buffer, size?: number) {
  return read(text, {}, size).then(
    () => undefined,
    (thrown: unknown) => thrown as { code: string; message: string; issues: object[] },
  );
}

const WICK = 'The lamp needs a new wick.';
const CALL = { of: 'lamp' };
const UNKNOWN_ITEMS = [
  'file_search_call code_interpreter_call computer_call computer_call_output mcp_call mcp_list_tools',
  'mcp_approval_request mcp_approval_response image_generation_call item_reference local_shell_call_output',
  'shell_call shell_call_output apply_patch_call apply_patch_call_output compaction something_later',
].flatMap((types) => types.split(' '));

describe('a transcript', () => {
  it.each(transcriptFormats)('of %s is recognised, and read alike in whatever pieces it comes', async (format) => {
    const whole = await read(transcripts[format]);
    expect(whole.format).toBe(format);
    for (const size of [1, 7]) expect(await read(transcripts[format], {}, size)).toEqual(whole);
    expect(await read(`\uFEFF  ${transcripts[format]}\n`)).toMatchObject({ items: whole.items });
    expect(await read(transcripts[format], { format })).toEqual(whole);
    expect(new Set(whole.items.map(({ message }) => message.clientId)).size).toBe(whole.items.length);
    const others = transcriptFormats.filter((other) => other !== format);
    for (const other of others.filter((one) => !(isArray(one) && isArray(format))))
      expect(await refusal(transcripts[format], { format: other })).toEqual(['transcript-format-unknown', '']);
  });

  it('of OpenAI keeps calls with their results, and notes bytes that it leaves out', async () => {
    const { items, notes } = await read(transcripts.openai);
    expect(saidBy(items)).toEqual([
      ['system', 'You keep a lighthouse.'],
      ['user', 'What does the lamp need?'],
      ['assistant', [{ type: 'tool_call', id: 'call_1', name: 'inspect', arguments: JSON.stringify(CALL) }]],
      ['tool', [{ type: 'tool_result', callId: 'call_1', content: 'The wick is short.' }]],
      ['assistant', WICK],
      [
        'user',
        [
          { type: 'text', text: 'Like this one?' },
          { type: 'image', url: 'https://example.com/wick.png' },
          { type: 'image', mediaType: 'image/png', leftOutBytes: 422 },
        ],
      ],
    ]);
    expect(items[0]?.message.metadata).toEqual({ role: 'developer' });
    expect(items[5]?.message.name).toBe('ada');
    expect(notes).toEqual([{ kind: 'data-left-out', name: null, count: 1, first: '/5/content/2/image_url' }]);
  });

  it('of Anthropic keeps blocks that are not known as they are, and notes them', async () => {
    const { items, notes } = await read(transcripts.anthropic);
    expect(saidBy(items)).toEqual([
      ['user', 'What does the lamp need?'],
      [
        'assistant',
        [
          { type: 'thinking', thinking: 'I inspect it first.', signature: 'c2lnbmVk' },
          { type: 'text', text: 'I look at it.' },
          { type: 'tool_call', id: 'toolu_1', name: 'inspect', arguments: CALL },
        ],
      ],
      ['tool', [{ type: 'tool_result', callId: 'toolu_1', content: [{ type: 'text', text: 'The wick is short.' }] }]],
      ['assistant', WICK],
      [
        'user',
        [
          { type: 'image', mediaType: 'image/png', leftOutBytes: 400 },
          { type: 'hologram', beams: [1, 2] },
        ],
      ],
    ]);
    expect(notes).toContainEqual({ kind: 'unknown-part', name: 'hologram', count: 1, first: '/4/content/1' });
  });

  it('as the body of a request has its system prompt first', async () => {
    const body = {
      model: 'm',
      system: [{ type: 'text', text: 'You keep a lighthouse.' }],
      messages: anthropicMessages,
    };
    const { items, format } = await read(JSON.stringify(body, null, 2));
    expect([format, items.length, items[0]?.message.content]).toEqual(['anthropic', 6, 'You keep a lighthouse.']);
    expect(await refusal(JSON.stringify({ messages: [{ role: 'ghost' }] }))).toEqual([
      'transcript-invalid',
      '/messages/0/role',
    ]);
  });

  it('of ChatGPT is the branch that was shown last', async () => {
    const { items, notes } = await read(transcripts.chatgpt);
    expect(items[0]?.conversation).toEqual({
      externalId: 'chatgpt:6b1f0000-0000-4000-8000-00000000c0de',
      title: 'The lamp',
      createdAt: new Date(1_700_000_000_500),
      metadata: { source: 'chatgpt' },
    });
    expect(saidBy(items)).toEqual([
      ['user', 'What does the lamp need?'],
      ['assistant', 'inspect("lamp")'],
      ['tool', 'The wick is short.'],
      [
        'user',
        [
          { type: 'image', url: 'file-service://file-1' },
          { type: 'text', text: 'Like this?' },
        ],
      ],
      ['assistant', WICK],
    ]);
    expect(items.map(({ message }) => message.clientId)).toEqual(['question', 'code', 'output', 'picture', 'answer']);
    expect(items[4]?.message).toMatchObject({ metadata: { model: 'gpt-x' }, createdAt: new Date(1_700_000_000_250) });
    expect(notes.map(({ kind, first }) => [kind, first])).toEqual([
      ['other-branch', '/0/mapping/dropped'],
      ['empty', '/0/mapping/hidden/message'],
    ]);
  });

  it('of ChatGPT without a current node ends at the last child of each', async () => {
    const [conversation] = chatGptExport;
    const { items } = await read(JSON.stringify([{ ...conversation, current_node: undefined }]));
    expect(items.at(-1)?.message.content).toBe(WICK);
  });

  it('of ChatGPT may be a tree as deep as there are messages, but no ring', async () => {
    const depth = 20_000;
    // Most of them say nothing, so that it is the tree that takes the time.
    const nodes = Array.from({ length: depth }, (_, place) =>
      chatGptNode(
        `n${place}`,
        place === 0 ? null : `n${place - 1}`,
        place === depth - 1 ? [] : [`n${place + 1}`],
        place % (depth - 1) === 0
          ? chatGptMessage(`n${place}`, 'user', { content_type: 'text', parts: [`word ${place}`] })
          : null,
      ),
    );
    const of = (mapping: object, more: object = {}) => JSON.stringify([{ id: 'deep', mapping, ...more }]);
    const mapping = Object.fromEntries(nodes.map((node) => [node.id, node]));
    expect((await read(of(mapping, { current_node: `n${depth - 1}` }))).items).toHaveLength(2);
    expect((await read(of(mapping))).items.at(-1)?.message.content).toBe(`word ${depth - 1}`);
    const ring = { a: chatGptNode('a', 'b', ['b']), b: chatGptNode('b', 'a', ['a']) };
    expect(await refusal(of(ring, { current_node: 'a' }))).toEqual(['transcript-invalid', '/0/mapping/a/parent']);
    const inwards = { r: chatGptNode('r', null, ['a']), ...ring };
    expect(await refusal(of(inwards))).toEqual(['transcript-invalid', '/0/mapping/a/children']);
    for (const id of ['nobody', '__proto__', 'constructor'])
      expect(await refusal(of(ring, { current_node: id }))).toEqual(['transcript-invalid', `/0/mapping/${id}`]);
  });

  it('of Claude has attachments as files, and several conversations', async () => {
    const { items } = await read(transcripts.claude);
    expect(items.map(({ conversation }) => conversation.title)).toEqual(['The lamp', 'The lamp', null]);
    expect(saidBy(items)).toEqual([
      [
        'user',
        [
          { type: 'text', text: 'What does the lamp need?' },
          { type: 'file', name: 'log.txt', text: 'It flickers at dusk.' },
          { type: 'file', name: 'wick.png' },
        ],
      ],
      [
        'assistant',
        [
          { type: 'thinking', thinking: 'I inspect it first.' },
          { type: 'tool_call', name: 'inspect', arguments: CALL },
          { type: 'tool_result', name: 'inspect', content: [{ type: 'text', text: 'The wick is short.' }] },
          { type: 'text', text: WICK },
        ],
      ],
      ['user', 'An older export has the text alone.'],
    ]);
  });

  it('of Claude Code is its session, without what sub-agents did, under its summary', async () => {
    const { items, notes } = await read(transcripts['claude-code']);
    expect(items[0]?.conversation).toMatchObject({
      externalId: 'claude-code:8d3b0000-0000-4000-8000-00000000c0de',
      title: 'A wick for the lamp',
      metadata: { source: 'claude-code', cwd: '/home/ada/lamp', gitBranch: 'main' },
    });
    expect(items.map(({ message }) => [message.clientId, message.role])).toEqual([
      ['u1', 'user'],
      ['u2', 'assistant'],
      ['u3', 'assistant'],
      ['u4', 'tool'],
      ['u5', 'assistant'],
    ]);
    expect(items[3]?.message.content).toEqual([
      { type: 'tool_result', callId: 'toolu_1', content: 'The wick is short.\uFFFD' },
    ]);
    expect(notes.map(({ kind, name, first }) => [kind, name, first])).toEqual([
      ['no-message', 'file-history-snapshot', '/lines/1'],
      ['sub-agent', null, '/lines/5'],
      ['characters-replaced', null, '/lines/6/message/content/0/content'],
    ]);
    const twice = await read(jsonLines([...claudeCodeLines, ...claudeCodeLines]));
    expect(twice.items).toHaveLength(5);
    expect(twice.notes).toContainEqual({ kind: 'repeated', name: null, count: 5, first: '/lines/10/message' });
  });

  it('of Claude Code leaves out what was taken back, and keeps results of calls that were made at once', async () => {
    const like = (line: object, more: object) => ({ ...line, ...more });
    const [, u1, , u3, , u4, u5] = claudeCodeLines as readonly Record<string, unknown>[];
    const call = (uuid: string, parentUuid: string) => like(u3!, { uuid, parentUuid });
    const prompt = (uuid: string, parentUuid: string) => like(u1!, { uuid, parentUuid });
    const lines = [
      u1!,
      call('c1', 'u1'),
      call('c2', 'c1'),
      like(u4!, { uuid: 'r1', parentUuid: 'c1' }),
      like(u4!, { uuid: 'r2', parentUuid: 'c2' }),
      prompt('back', 'r2'),
      like(u5!, { uuid: 'gone', parentUuid: 'back' }),
      { type: 'system', subtype: 'compact_boundary', uuid: 's1', parentUuid: null, logicalParentUuid: 'r2' },
      prompt('on', 's1'),
      like(u5!, { uuid: 'end', parentUuid: 'on', message: { ...(u5!['message'] as object), id: 'msg_2' } }),
    ];
    const { items, notes } = await read(jsonLines(lines));
    expect(items.map(({ message }) => message.clientId)).toEqual(['u1', 'c1', 'c2', 'r1', 'r2', 'on', 'end']);
    expect(notes).toContainEqual({ kind: 'other-branch', name: null, count: 2, first: '/lines/6' });
    expect(items[0]?.branches).toEqual({
      shown: ['u1', 'c1', 'c2', 'r1', 'r2', 'on', 'end'],
      others: ['back', 'gone'],
    });
  });

  describe('of Claude Code', () => {
    const more = { sessionId: 's', timestamp: '2025-04-01T10:00:00.000Z' };
    const said = (uuid: string, parentUuid: string | null, of: object = {}) => ({
      ...more,
      uuid,
      parentUuid,
      type: uuid.startsWith('a') ? 'assistant' : 'user',
      message: { role: uuid.startsWith('a') ? 'assistant' : 'user', content: `Says ${uuid}.`, id: uuid },
      ...of,
    });
    const other = (uuid: string, parentUuid: string | null, type: string, of: object = {}) => ({
      ...more,
      uuid,
      parentUuid,
      type,
      ...of,
    });
    const first = [said('u1', null), said('a1', 'u1'), said('u2', 'a1'), said('a2', 'u2')];
    const back = [said('u3', 'a1'), said('a3', 'u3')];
    const boundary = (before: string) =>
      other('b', null, 'system', { subtype: 'compact_boundary', logicalParentUuid: before });
    const summary = (parent: string | null) => said('u4', parent, { isCompactSummary: true });

    it.each<[string, readonly object[], readonly string[], readonly string[]]>([
      ['the first prompt', [...first, said('u3', null), said('a3', 'u3')], ['u3', 'a3'], ['u1', 'a1', 'u2', 'a2']],
      [
        'what begins at a line that is no message',
        [other('h', null, 'attachment'), said('u1', 'h'), said('a1', 'u1'), said('u3', null), said('a3', 'u3')],
        ['u3', 'a3'],
        ['u1', 'a1'],
      ],
      ...['system', 'attachment'].map((type): [string, readonly object[], readonly string[], readonly string[]] => [
        `a place behind which is a line ${type}`,
        [
          ...first.slice(0, 2),
          other('x', 'a1', type),
          other('y', 'x', type),
          said('u2', 'y'),
          said('a2', 'u2'),
          ...back,
        ],
        ['u1', 'a1', 'u3', 'a3'],
        ['u2', 'a2'],
      ]),
      [
        'a prompt before what was compacted',
        [...first, boundary('a2'), summary('b'), said('a4', 'u4'), ...back],
        ['u1', 'a1', 'u3', 'a3'],
        ['u2', 'a2', 'u4', 'a4'],
      ],
      [
        'a prompt, in a file that has it twice',
        [...first, ...back, ...first, ...back],
        ['u1', 'a1', 'u3', 'a3'],
        ['u2', 'a2'],
      ],
    ])('leaves out what was said before going back to %s', async (_, lines, shown, others) => {
      const { items, notes } = await read(jsonLines(lines));
      expect(items.map(({ message }) => message.clientId)).toEqual(shown);
      expect(items[0]?.branches).toEqual({ shown, others });
      expect(notes).toContainEqual(expect.objectContaining({ kind: 'other-branch' }));
    });

    it.each([
      ['a line before it', [boundary('a2'), summary('b')]],
      ['a line that is not in the file', [boundary('gone'), summary('b')]],
      ['nothing', [summary(null)]],
    ])('goes on behind what was compacted, where that names %s', async (_, compacted) => {
      const lines = [...first, ...compacted, said('a4', 'u4')];
      const { items, notes } = await read(jsonLines(lines));
      expect(items.map(({ message }) => message.clientId)).toEqual(['u1', 'a1', 'u2', 'a2', 'u4', 'a4']);
      expect(notes.map(({ kind }) => kind)).not.toContain('other-branch');
    });

    it('keeps results of calls that were made at once behind lines of hooks, and lines that name no others', async () => {
      const result = (uuid: string, parent: string) =>
        said(uuid, parent, {
          message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: uuid, content: 'ok' }] },
        });
      const lines = [
        said('u1', null),
        said('a1', 'u1'),
        said('a2', 'a1'),
        other('h', 'a1', 'attachment'),
        result('r1', 'h'),
      ];
      const parallel = await read(jsonLines([...lines, result('r2', 'a2'), said('a3', 'r2')]));
      expect(parallel.items.map(({ message }) => message.clientId)).toEqual(['u1', 'a1', 'a2', 'r1', 'r2', 'a3']);
      const loose = await read(jsonLines(first.map((line) => ({ ...line, parentUuid: null }))));
      expect(loose.items).toHaveLength(4);
    });

    it('leaves out what was taken back in each session of a file', async () => {
      const later = [said('u5', null), said('a5', 'u5')].map((line) => ({ ...line, sessionId: 't' }));
      const { items } = await read(jsonLines([...first, ...back, ...later]));
      expect(items.map(({ message }) => message.clientId)).toEqual(['u1', 'a1', 'u3', 'a3', 'u5', 'a5']);
      expect(items.map(({ branches }) => branches?.others)).toEqual([
        ...['u1', 'a1', 'u3', 'a3'].map(() => ['u2', 'a2']),
        undefined,
        undefined,
      ]);
    });
  });

  describe('of Codex, when turns were taken back,', () => {
    const [meta, ...before] = codexLines.slice(0, 3);
    const item = (role: string, ...texts: string[]) => ({
      ...before[0],
      payload: { type: 'message', role, content: texts.map((text) => ({ type: 'input_text', text })) },
    });
    const rollBack = (num_turns: unknown) => ({
      type: 'event_msg',
      payload: { type: 'thread_rolled_back', num_turns },
    });
    const turn = (prompt: string) => [item('user', prompt), item('assistant', `Answers ${prompt}`)];
    const firstTexts = async (lines: readonly object[]) =>
      (await read(jsonLines([meta!, ...lines]))).items.map(({ message: { content } }) =>
        typeof content === 'string' ? content : content[0]?.['text'],
      );

    it.each(['<button> does not work', '<skill> is what I asked for', '<image name="a">'])(
      'takes a prompt that begins with a tag for one: %s',
      async (prompt) => {
        const kept = await firstTexts([...turn('one'), ...turn(prompt), rollBack(1), ...turn('two')]);
        expect(kept).toEqual(['one', 'Answers one', 'two', 'Answers two']);
      },
    );

    it.each([
      '<user_instructions>x</user_instructions>',
      '<environment_context>\n<cwd>/w</cwd></environment_context>',
      '<turn_aborted>\nx\n</turn_aborted>',
      '<user_shell_command>x</user_shell_command>',
      '<SUBAGENT_NOTIFICATION>{}</subagent_notification>\n',
      '<hook_prompt hook_run_id="1">x</hook_prompt>',
      '<external_notes>x</external_notes>',
      '# AGENTS.md instructions for /w\n\n<INSTRUCTIONS>\nx\n</INSTRUCTIONS>',
    ])('takes what Codex itself says for no prompt: %j', async (own) => {
      const kept = await firstTexts([...turn('one'), ...turn('two'), item('user', own), rollBack(1), ...turn('three')]);
      expect(kept).toEqual(['one', 'Answers one', 'three', 'Answers three']);
      const joined = await firstTexts([...turn('one'), item('user', own, own), rollBack(1), ...turn('two')]);
      expect(joined).toEqual(['two', 'Answers two']);
    });

    it.each([1, 2, 99])('keeps what stands before the first of them, though %i are', async (turns) => {
      const agents = item('user', '# AGENTS.md instructions for /w\n\n<INSTRUCTIONS>\nx\n</INSTRUCTIONS>');
      const { items } = await read(
        jsonLines([meta!, ...before, agents, ...turn('one'), rollBack(turns), ...turn('two')]),
      );
      expect(items.map(({ message }) => message.role)).toEqual(['system', 'user', 'user', 'user', 'assistant']);
      expect(items.at(-2)?.message.content).toBe('two');
    });
  });

  it('of Codex has its messages, calls and results once, under its session', async () => {
    const { items, notes } = await read(transcripts.codex);
    expect(items[0]?.conversation).toEqual({
      externalId: 'codex:019a0000-0000-7000-8000-0000000000c0',
      title: null,
      createdAt: new Date('2026-03-01T08:00:00Z'),
      metadata: { source: 'codex', cwd: '/home/ada/lighthouse', gitBranch: 'main' },
    });
    expect(saidBy(items).slice(2)).toEqual([
      ['user', 'What does the lamp need?'],
      ['assistant', [{ type: 'thinking', summary: [{ type: 'summary_text', text: 'I inspect it first.' }] }]],
      ['assistant', [{ type: 'tool_call', id: 'call_1', name: 'inspect', arguments: JSON.stringify(CALL) }]],
      ['tool', [{ type: 'tool_result', callId: 'call_1', content: 'The wick is short.' }]],
      ['assistant', WICK],
    ]);
    expect(items[2]?.message.createdAt).toEqual(new Date('2026-03-01T08:00:03Z'));
    expect(notes.map(({ kind, name }) => [kind, name])).toEqual([
      ['no-message', 'turn_context'],
      ['no-message', 'event_msg user_message'],
      ['no-message', 'event_msg agent_message'],
    ]);
    // Older sessions have the items alone, behind a line without a type.
    const [meta] = codexLines as readonly { payload: object }[];
    const bare = codexLines.slice(1).flatMap((line: any) => (line.type === 'response_item' ? [line.payload] : []));
    const older = await read(jsonLines([meta!.payload, { record_type: 'state' }, ...bare]));
    expect([older.format, saidBy(older.items)]).toEqual(['codex', saidBy(items)]);
    expect(older.items[0]?.conversation.externalId).toBe(items[0]?.conversation.externalId);
  });

  it('of Codex keeps calls of its own tools with their results, and notes the bytes of images', async () => {
    const line = (payload: object) => ({ ...codexLines[1], type: 'response_item', payload });
    const { items, notes } = await read(
      jsonLines([
        codexLines[0]!,
        line({
          type: 'local_shell_call',
          call_id: 'c',
          status: 'completed',
          action: { type: 'exec', command: ['ls'] },
        }),
        line({ type: 'function_call_output', call_id: 'c', output: 'lamp' }),
        line({ type: 'web_search_call', id: 'w', action: { type: 'search', query: 'wicks' } }),
        line({ type: 'ghost_snapshot', ghost_commit: {} }),
        line({
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(400)}` },
            { type: 'input_image', file_id: 'file-1' },
            { type: 'input_file', filename: 'log.txt', file_data: 'AAAA' },
          ],
        }),
      ]),
    );
    expect(saidBy(items)).toEqual([
      [
        'assistant',
        [{ type: 'tool_call', id: 'c', name: 'local_shell', arguments: { type: 'exec', command: ['ls'] } }],
      ],
      ['tool', [{ type: 'tool_result', callId: 'c', content: 'lamp' }]],
      [
        'assistant',
        [{ type: 'tool_call', id: 'w', name: 'web_search', arguments: { type: 'search', query: 'wicks' } }],
      ],
      [
        'user',
        [
          { type: 'image', mediaType: 'image/png', leftOutBytes: 422 },
          { type: 'image', fileId: 'file-1' },
          { type: 'file', name: 'log.txt', leftOutBytes: 4 },
        ],
      ],
    ]);
    expect(notes.map(({ kind, name }) => [kind, name])).toEqual([
      ['no-message', 'response_item ghost_snapshot'],
      ['data-left-out', null],
    ]);
  });

  it('of Codex leaves out turns that were taken back', async () => {
    const { items, notes } = await read(jsonLines([...codexLines, ...codexRollback]));
    expect(saidBy(items).slice(-3)).toEqual([
      ['assistant', WICK],
      ['user', 'And the horn?'],
      ['assistant', 'The horn is loud.'],
    ]);
    expect(notes).toContainEqual({ kind: 'other-branch', name: null, count: 2, first: '/lines/12' });
    expect(items.at(-1)?.branches?.others).toHaveLength(2);
    const before = await read(jsonLines(codexLines));
    const ids = (all: typeof items) => all.map(({ message }) => message.clientId);
    expect(ids(items).slice(0, -2)).toEqual(ids(before.items));
  });

  it('of Claude is the branch that was shown last, where its messages name their parents', async () => {
    const said = (uuid: string, parent_message_uuid: string, sender: string) => ({
      ...claudeExport[0]!.chat_messages[0],
      uuid,
      parent_message_uuid,
      sender,
    });
    const chat_messages = [
      said('q', '00000000-0000-4000-8000-000000000000', 'human'),
      said('a1', 'q', 'assistant'),
      said('a2', 'q', 'assistant'),
      said('more', 'a2', 'human'),
    ];
    const file = [{ ...claudeExport[0], chat_messages }];
    const { items, notes } = await read(JSON.stringify(file));
    expect(items.map(({ message }) => message.clientId)).toEqual(['q', 'a2', 'more']);
    expect(notes).toContainEqual({ kind: 'other-branch', name: null, count: 1, first: '/0/chat_messages/1' });
    expect(items[0]?.branches).toEqual({ shown: ['q', 'a2', 'more'], others: ['a1'] });
    const chosen = await read(JSON.stringify([{ ...file[0], current_leaf_message_uuid: 'a1' }]));
    expect(chosen.items.map(({ message }) => message.clientId)).toEqual(['q', 'a1']);
  });

  it('of ChatGPT with a conversation twice, and another branch shown, has it as two', async () => {
    const says = (role: string, words: string) => ({ author: { role }, content: { parts: [words] } });
    const shows = (current_node: string) => ({
      id: 'lamp',
      mapping: {
        q: chatGptNode('q', null, ['a', 'b'], says('user', 'What does the lamp need?')),
        a: chatGptNode('a', 'q', [], says('assistant', 'Oil.')),
        b: chatGptNode('b', 'q', ['b2'], says('assistant', WICK)),
        b2: chatGptNode('b2', 'b', [], says('user', 'Thanks.')),
      },
      current_node,
    });
    const { items, notes } = await read(JSON.stringify([shows('a'), shows('b'), shows('a'), shows('b2')]));
    const branches = [...new Set(items.map(({ branch }) => branch))];
    const saidIn = (of: string) => items.filter(({ branch }) => branch === of).map(({ message }) => message.clientId);
    expect(branches.map(saidIn)).toEqual([
      ['q', 'a'],
      ['q', 'b'],
      ['q', 'b', 'b2'],
    ]);
    expect(new Set(items.map(({ conversation }) => conversation.externalId))).toEqual(new Set(['chatgpt:lamp']));
    expect(items[2]?.branches).toEqual({ shown: ['q', 'b'], others: ['a', 'b2'] });
    expect(notes).toContainEqual({ kind: 'repeated', name: null, count: 2, first: '/2/mapping/q/message' });
  });

  it.each(['', 'x'.repeat(1_100_000)])('names no message that is left out as one of a branch (%#)', async (text) => {
    const says = (role: string, words: string) => ({ author: { role }, content: { parts: [words] } });
    const mapping = {
      root: chatGptNode('root', null, ['s']),
      s: chatGptNode('s', 'root', ['u1'], says('system', text)),
      u1: chatGptNode('u1', 's', ['a', 'b', 'c'], says('user', 'What does the lamp need?')),
      a: chatGptNode('a', 'u1', [], says('assistant', 'Oil.')),
      b: chatGptNode('b', 'u1', [], says('assistant', '')),
      c: chatGptNode('c', 'u1', [], says('assistant', WICK)),
    };
    const branches = { shown: ['u1', 'c'], others: ['a', 'b'] };
    const chatGpt = await read(JSON.stringify([{ id: 'lamp', mapping, current_node: 'c' }]));
    expect(chatGpt.items.map((item) => item.branches)).toEqual([branches, branches]);
    const said = (uuid: string, parent_message_uuid: string, sender: string, words: string) => ({
      uuid,
      parent_message_uuid,
      sender,
      text: words,
    });
    const chat_messages = [
      said('s', 'root', 'human', text),
      said('u1', 's', 'human', 'What does the lamp need?'),
      said('a', 'u1', 'assistant', 'Oil.'),
      said('b', 'u1', 'assistant', ''),
      said('c', 'u1', 'assistant', WICK),
    ];
    const claude = await read(JSON.stringify([{ uuid: 'lamp', chat_messages }]));
    expect(claude.items.map((item) => item.branches)).toEqual([branches, branches]);
  });

  it.each([
    ['Claude', { ...claudeExport[0]!, uuid: 'none', chat_messages: [] }, claudeExport],
    ['ChatGPT', { ...chatGptExport[0]!, conversation_id: 'none', mapping: {}, current_node: null }, chatGptExport],
  ])('of %s notes conversations without messages', async (_, none, others) => {
    const { notes } = await read(JSON.stringify([none, ...others]));
    expect(notes).toContainEqual({ kind: 'no-conversation', name: null, count: 1, first: '/0' });
    expect(await problem(JSON.stringify([none]))).toMatchObject({
      code: 'transcript-empty',
      issues: [{ pointer: '/0', detail: '1 conversations without messages' }],
    });
  });

  it('of messages alone is known by what they say, or by the name that it is given', async () => {
    const [one, spaced] = [await read(transcripts.openai), await read(JSON.stringify(openAiMessages, null, 1))];
    expect(spaced.items).toEqual(one.items);
    const other = await read(JSON.stringify([...openAiMessages, { role: 'user', content: 'Thanks.' }]));
    expect(other.items[0]?.conversation.externalId).not.toBe(one.items[0]?.conversation.externalId);
    expect(other.items.slice(0, -1).map(({ message }) => message)).toEqual(one.items.map(({ message }) => message));
    const named = await read(transcripts.openai, { externalId: 'mine' });
    expect(named.items[0]?.conversation.externalId).toBe('mine');
    expect(await refusal(transcripts.claude, { externalId: 'mine' })).toEqual(['invalid-input', '/externalId']);
  });

  it.each<[string, string | Buffer, string, string]>([
    ['nothing', '', 'transcript-format-unknown', ''],
    ['no messages', '[]', 'transcript-format-unknown', ''],
    ['a text', '"hello"', 'transcript-format-unknown', ''],
    ['another form', '[{"hello": 1}]', 'transcript-format-unknown', ''],
    ['a list of numbers', '[1, 2]', 'transcript-invalid', '/0'],
    ['two without a comma', '[{"role": "user", "content": "x"} {}]', 'transcript-invalid', '/1'],
    ['a comma too many', '[{"role": "user", "content": "x"},]', 'transcript-invalid', '/1'],
    ['what follows the end', '[{"role": "user", "content": "x"}] {}', 'transcript-broken', ''],
    ['a cut', '[{"role": "user", "content": "x"}, {"role', 'transcript-broken', ''],
    ['a cut between', '[{"role": "user", "content": "x"},', 'transcript-broken', ''],
    [
      'a form that changes',
      '[{"role": "user", "content": "x"}, {"chat_messages": []}]',
      'transcript-invalid',
      '/1/role',
    ],
    ['broken JSON', '[{"role": "user", "content": x}]', 'transcript-invalid', '/0'],
    ['bytes that are no UTF-8', Buffer.from([0x5b, 0x7b, 0x22, 0xff, 0x22, 0x7d, 0x5d]), 'transcript-invalid', '/0'],
    ['a role', '[{"role": "ghost", "content": "x"}]', 'transcript-invalid', '/0/role'],
    ['a content', '[{"role": "user", "content": 7}]', 'transcript-invalid', '/0/content'],
    ['a part', '[{"role": "user", "content": [{"text": "x"}]}]', 'transcript-invalid', '/0/content/0/type'],
    ['a text part', '[{"role": "user", "content": [{"type": "text"}]}]', 'transcript-invalid', '/0/content/0/text'],
    ['a time', '[{"role": "user", "content": "x", "timestamp": 1e300}]', 'transcript-invalid', '/0/timestamp'],
    [
      'a sender',
      '[{"uuid": "u", "chat_messages": [{"sender": "bot"}]}]',
      'transcript-invalid',
      '/0/chat_messages/0/sender',
    ],
    ['a conversation without an id', '[{"mapping": {}}]', 'transcript-invalid', '/0/conversation_id'],
    [
      'a line without a session',
      '{"type": "user", "message": {"role": "user", "content": "x"}}',
      'transcript-invalid',
      '/lines/1/sessionId',
    ],
    ['lists that are too deep', `[{"role": "user", "content": ${'['.repeat(100_000)}`, 'transcript-invalid', '/0'],
    ['objects that are too deep', `[${'{"a":'.repeat(100_000)}`, 'transcript-invalid', '/0'],
    [
      'an object of too many values',
      `[{"role": "user", "content": [{"type": "x", "list": [${'0,'.repeat(200_000)}0]}]}]`,
      'transcript-invalid',
      '/0',
    ],
    [
      'an object of too many names',
      `[{"role": "user", "content": [{"type": "x", "a": {${Array.from({ length: 100_001 }, (_, n) => `"n${n}":0`).join()}}}]}]`,
      'transcript-invalid',
      '/0',
    ],
    [
      'an object that is too long',
      `[{"role": "user", "content": "${'x'.repeat(9 * 1024 * 1024)}`,
      'transcript-invalid',
      '/0',
    ],
  ])('with %s is refused, and where', async (_, text, code, pointer) => {
    expect(await refusal(text)).toEqual([code, pointer]);
  });

  it('leaves out what is too long and notes it', async () => {
    const long = [
      { role: 'user', content: 'x'.repeat(1024 * 1024) },
      { role: 'user', content: 'short' },
    ];
    const parts = [{ role: 'user', content: Array.from({ length: 1_001 }, () => ({ type: 'text', text: 'x' })) }];
    const { items, notes } = await read(JSON.stringify([...long, ...parts]));
    expect(saidBy(items)).toEqual([['user', 'short']]);
    expect(notes).toEqual([{ kind: 'too-long', name: null, count: 2, first: '/0' }]);
  });

  it("of items of OpenAI's Responses keeps calls with their results", async () => {
    const { items, format, notes } = await read(
      JSON.stringify([
        { role: 'user', content: [{ type: 'input_text', text: 'What does the lamp need?' }] },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'I inspect it.' }] },
        { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'inspect', arguments: JSON.stringify(CALL) },
        { type: 'function_call_output', call_id: 'call_1', output: 'The wick is short.' },
        { type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: WICK }] },
      ]),
    );
    expect([format, notes]).toEqual(['openai', []]);
    expect(saidBy(items)).toEqual([
      ['user', 'What does the lamp need?'],
      ['assistant', [{ type: 'thinking', summary: [{ type: 'summary_text', text: 'I inspect it.' }] }]],
      ['assistant', [{ type: 'tool_call', id: 'call_1', name: 'inspect', arguments: JSON.stringify(CALL) }]],
      ['tool', [{ type: 'tool_result', callId: 'call_1', content: 'The wick is short.' }]],
      ['assistant', WICK],
    ]);
  });

  it.each(UNKNOWN_ITEMS)(
    "leaves out an item of OpenAI's Responses that is not known, and notes it: %s",
    async (type) => {
      const item = { type, id: 'i_1', status: 'completed', output: [] };
      const question = { role: 'user', content: 'What does the lamp need?' };
      const answer = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: WICK }] };
      const said = [
        ['user', 'What does the lamp need?'],
        ['assistant', WICK],
      ];
      for (const [file, first] of [
        [[question, item, answer], '/1'],
        [[item, question, answer], '/0'],
        [{ messages: [question, item, answer] }, '/messages/1'],
      ] as const) {
        const { items, format, notes } = await read(JSON.stringify(file));
        expect([format, saidBy(items)]).toEqual(['openai', said]);
        expect(notes).toEqual([{ kind: 'no-message', name: type, count: 1, first }]);
      }
      const called = { type: 'function_call', call_id: 'c', name: 'inspect', arguments: '{}' };
      const lines = await read(jsonLines([question, called, item, answer]));
      expect(saidBy(lines.items).map(([who]) => who)).toEqual(['user', 'assistant', 'assistant']);
      expect(lines.notes).toEqual([{ kind: 'no-message', name: type, count: 1, first: '/lines/3' }]);
      expect((await problem(JSON.stringify([item])))?.code).toBe('transcript-format-unknown');
      expect(await refusal(JSON.stringify([question, { type: 'message', content: 'x' }]))).toEqual([
        'transcript-invalid',
        '/1/role',
      ]);
    },
  );

  it.each([['critic'], [undefined]])('of ChatGPT leaves out a message of the role %s, and notes it', async (role) => {
    const [given] = chatGptExport;
    const says = (id: string, of: object) => chatGptMessage(id, 'user', { parts: ['Hm.'] }, of);
    const odd = chatGptNode('odd', 'answer', [], says('odd', { author: { role } }));
    const file = [{ ...given, mapping: { ...given?.mapping, odd }, current_node: 'odd' }];
    const { items, notes } = await read(JSON.stringify([...file, { ...file[0], id: 'x', conversation_id: 'x' }]));
    expect(items.map(({ message }) => message.clientId).slice(4, 6)).toEqual(['answer', 'question']);
    expect(items.at(-1)?.branches?.shown.at(-1)).toBe('answer');
    const note = { kind: 'no-message', name: role ?? null, count: 2, first: '/0/mapping/odd/message' };
    expect(notes).toContainEqual(note);
  });

  it('takes nothing for what is null', async () => {
    const array = await read('[{"role": "user", "content": [null, {"type": "text", "text": null}, "x"]}]');
    expect(saidBy(array.items)).toEqual([
      [
        'user',
        [
          { type: 'text', text: '' },
          { type: 'text', text: 'x' },
        ],
      ],
    ]);
    const [given] = chatGptExport;
    const mapping = {
      ...given?.mapping,
      question: chatGptNode(
        'question',
        'hidden',
        ['code'],
        chatGptMessage('question', 'user', { parts: [null, 'Hm?'] }),
      ),
    };
    const { items } = await read(JSON.stringify([{ ...given, mapping }]));
    expect(items[0]?.message.content).toBe('Hm?');
  });

  it('in which all is left out says what, where, and the limit', async () => {
    const long = { role: 'user', content: 'x'.repeat(1024 * 1024) };
    const values = [{ type: 'x', list: Array.from({ length: 100_001 }, () => 0) }];
    const error = await problem(
      JSON.stringify([long, { role: 'user', content: values }, { role: 'user', content: ' ' }]),
    );
    expect(error).toMatchObject({
      code: 'transcript-empty',
      issues: [
        { pointer: '/0', detail: '2 messages of more than 1048576 bytes, 1000 parts or 100000 values' },
        { pointer: '/2', detail: '1 messages that say nothing' },
      ],
      message: expect.stringContaining('holds no message that can be imported'),
    });
    const ofHelpers = claudeCodeLines.filter((line) => !('isSidechain' in line) || line.isSidechain);
    expect((await problem(jsonLines(ofHelpers)))?.issues).toEqual([
      { pointer: '/lines/2', detail: '1 lines of sub-agents' },
      { pointer: '/lines/1', detail: '1 lines or items that are no message' },
    ]);
  });

  it('keeps the digits of numbers that would lose some, as texts, and notes them', async () => {
    const file = `[{"role": "user", "timestamp": 1700000000.00000000001, "content": [{"type": "telegram", "id": 12345678901234567890,
      "more": {"list": [1e999, -0, 7, 0.10000000000000000001], "plain": 9007199254740992}}]},
      {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "n", "input": {"id": 9007199254740993}}]}]`;
    const { items, notes } = await read(file);
    expect(items.map(({ message }) => message.content)).toEqual([
      [
        {
          type: 'telegram',
          id: '12345678901234567890',
          more: { list: ['1e999', '-0', 7, '0.10000000000000000001'], plain: 9007199254740992 },
        },
      ],
      [{ type: 'tool_call', id: 'c', name: 'n', arguments: { id: '9007199254740993' } }],
    ]);
    expect(items[0]?.message.createdAt).toEqual(new Date(1_700_000_000_000));
    expect(notes).toEqual([
      { kind: 'unknown-part', name: 'telegram', count: 1, first: '/0/content/0' },
      { kind: 'number-as-text', name: null, count: 5, first: '/0/content/0/id' },
    ]);
  });

  it('notes names that are there twice, and takes the last', async () => {
    const { items, notes } = await read(
      '[{"role": "user", "content": [{"type": "x", "a": {"__proto__": {"toString": 1e999}}, "a": 12345678901234567890, "a": 5}]}]',
    );
    expect(items[0]?.message.content).toEqual([{ type: 'x', a: 5 }]);
    expect(notes).toContainEqual({ kind: 'name-repeated', name: null, count: 2, first: '/0/content/0/a' });
    expect(Object.hasOwn(Object.prototype, 'toString')).toBe(true);
  });

  it.each<[string, Buffer, string]>([
    [
      'in a line',
      Buffer.from('{"role": "user", "content": "ok"}\n{"role": "user",\n"content": "caf\u00e9"}', 'latin1'),
      '/lines/2 is not valid UTF-8: byte 66 of the file (from 0), on line 3, is 0xE9.',
    ],
    [
      'in a file that is cut off',
      Buffer.from('\n[{"role": "user", "content": "caf\u00e9 and so', 'latin1'),
      'ends in the middle of what begins on line 2, and is not valid UTF-8: byte 34 of the file (from 0), on line 2, is 0xE9.',
    ],
    [
      'in a file that is cut off between characters',
      Buffer.from('[{"role": "user", "content": "caf\u00e9 and so'),
      'is not whole: it ends in the middle.',
    ],
    [
      'in a file that is cut off within a character',
      Buffer.from('[{"role": "user", "content": "\u{1f600}').subarray(0, -1),
      'is not whole: it ends in the middle.',
    ],
    ['from the start', Buffer.from('\ufeff[]', 'utf16le'), 'is not in UTF-8: save it as UTF-8.'],
  ])('says which byte is not UTF-8 %s', async (_, bytes, words) => {
    for (const size of [1, 50_000]) expect((await problem(bytes, size))?.message).toContain(words);
  });

  it.each([
    ['within a text', '{"type": "user", "mess', '/lines/2 is not valid JSON: a text in it does not end on line 2.'],
    ['between values', '{"type": "user",', 'it ends in the middle of what begins on line 2.'],
  ])('says which line is cut off %s, though others follow', async (_, line, words) => {
    const [first, ...others] = claudeCodeLines.slice(1, 4).map((one) => JSON.stringify(one));
    for (const size of [1, 50_000])
      expect((await problem([first, line, ...others].join('\n'), size))?.message).toContain(words);
  });

  it('changes no prototype', async () => {
    const { items, notes } = await read(
      '[{"role": "user", "content": [{"type": "x", "__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}]}]',
    );
    expect(items[0]?.message.content).toEqual([{ type: 'x', constructor: { prototype: { polluted: 1 } } }]);
    expect(notes).toContainEqual({
      kind: 'characters-replaced',
      name: null,
      count: 1,
      first: '/0/content/0/__proto__',
    });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('of any JSON is read or refused, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<TranscriptFormat>(...transcriptFormats),
        fc.nat(),
        fc.json({ maxDepth: 3 }),
        async (format, place, replacement) => {
          const text = transcripts[format];
          const starts = [...text.matchAll(/:/g)].map(({ index }) => index + 1);
          const start = starts[place % starts.length] ?? 0;
          const altered = text.slice(0, start) + replacement + text.slice(start).replace(/^[^,}\]]*/, '');
          const outcome = await read(altered).then(
            () => 'read',
            (error: unknown) => String((error as { code?: unknown }).code),
          );
          expect([
            'read',
            'transcript-invalid',
            'transcript-broken',
            'transcript-empty',
            'transcript-format-unknown',
          ]).toContain(outcome);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function isArray(format: TranscriptFormat): boolean {
  return format === 'openai' || format === 'anthropic';
}
