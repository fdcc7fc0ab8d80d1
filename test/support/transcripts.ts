/*
 * Transcripts as others write them, each of one talk about a lighthouse. The shapes follow the documentation of their
 * makers; the texts are ours.
 */

const CALL = { of: 'lamp' };

/** As the chat completions of OpenAI take it. */
export const openAiMessages = [
  { role: 'developer', content: 'You keep a lighthouse.' },
  { role: 'user', content: [{ type: 'text', text: 'What does the lamp need?' }] },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'inspect', arguments: JSON.stringify(CALL) } }],
  },
  { role: 'tool', tool_call_id: 'call_1', content: 'The wick is short.' },
  { role: 'assistant', content: 'The lamp needs a new wick.' },
  {
    role: 'user',
    name: 'ada',
    content: [
      { type: 'text', text: 'Like this one?' },
      { type: 'image_url', image_url: { url: 'https://example.com/wick.png' } },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(400)}` } },
    ],
  },
];

/** As the messages of Anthropic take it. */
export const anthropicMessages = [
  { role: 'user', content: 'What does the lamp need?' },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'I inspect it first.', signature: 'c2lnbmVk' },
      { type: 'text', text: 'I look at it.' },
      { type: 'tool_use', id: 'toolu_1', name: 'inspect', input: CALL },
    ],
  },
  {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'The wick is short.' }] }],
  },
  { role: 'assistant', content: [{ type: 'text', text: 'The lamp needs a new wick.' }] },
  {
    role: 'user',
    content: [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(400) } },
      { type: 'hologram', beams: [1, 2] },
    ],
  },
];

interface ChatGptNode {
  readonly id: string;
  readonly parent: string | null;
  readonly children: readonly string[];
  readonly message: object | null;
}

export function chatGptNode(
  id: string,
  parent: string | null,
  children: readonly string[],
  message: object | null = null,
): ChatGptNode {
  return { id, parent, children, message };
}

export function chatGptMessage(id: string, role: string, content: object, more: object = {}): object {
  const author = { role, name: null, metadata: {} };
  return {
    id,
    author,
    create_time: 1_700_000_000.25,
    content,
    status: 'finished_successfully',
    weight: 1,
    recipient: 'all',
    ...more,
  };
}

const said = (...parts: unknown[]) => ({ content_type: 'text', parts });

/** conversations.json of ChatGPT: a tree, of which one branch was shown last. */
export const chatGptExport = [
  {
    title: 'The lamp',
    create_time: 1_700_000_000.5,
    update_time: 1_700_000_900,
    conversation_id: '6b1f0000-0000-4000-8000-00000000c0de',
    id: '6b1f0000-0000-4000-8000-00000000c0de',
    current_node: 'answer',
    mapping: Object.fromEntries(
      [
        chatGptNode('root', null, ['hidden']),
        chatGptNode('hidden', 'root', ['question'], chatGptMessage('hidden', 'system', said(''))),
        chatGptNode(
          'question',
          'hidden',
          ['dropped', 'code'],
          chatGptMessage('question', 'user', said('What does the lamp need?')),
        ),
        chatGptNode('dropped', 'question', [], chatGptMessage('dropped', 'assistant', said('Nothing at all.'))),
        chatGptNode(
          'code',
          'question',
          ['output'],
          chatGptMessage(
            'code',
            'assistant',
            { content_type: 'code', language: 'python', text: 'inspect("lamp")' },
            { recipient: 'python' },
          ),
        ),
        chatGptNode(
          'output',
          'code',
          ['picture'],
          chatGptMessage(
            'output',
            'tool',
            { content_type: 'execution_output', text: 'The wick is short.' },
            { author: { role: 'tool', name: 'python' } },
          ),
        ),
        chatGptNode(
          'picture',
          'output',
          ['answer'],
          chatGptMessage('picture', 'user', {
            content_type: 'multimodal_text',
            parts: [
              { content_type: 'image_asset_pointer', asset_pointer: 'file-service://file-1', width: 2 },
              'Like this?',
            ],
          }),
        ),
        chatGptNode(
          'answer',
          'picture',
          [],
          chatGptMessage('answer', 'assistant', said('The lamp needs a new wick.'), {
            metadata: { model_slug: 'gpt-x' },
          }),
        ),
      ].map((node) => [node.id, node]),
    ),
  },
];

/** conversations.json of Claude. */
export const claudeExport = [
  {
    uuid: '7c2a0000-0000-4000-8000-00000000c0de',
    name: 'The lamp',
    created_at: '2025-03-01T10:00:00.000000Z',
    updated_at: '2025-03-01T10:05:00.000000Z',
    account: { uuid: '00000000-0000-4000-8000-000000000001' },
    chat_messages: [
      {
        uuid: '7c2a0000-0000-4000-8000-000000000001',
        text: 'What does the lamp need?',
        content: [{ type: 'text', text: 'What does the lamp need?', start_timestamp: null, citations: [] }],
        sender: 'human',
        created_at: '2025-03-01T10:00:01.000000Z',
        attachments: [
          { file_name: 'log.txt', file_size: 9, file_type: 'txt', extracted_content: 'It flickers at dusk.' },
        ],
        files: [{ file_name: 'wick.png' }],
      },
      {
        uuid: '7c2a0000-0000-4000-8000-000000000002',
        text: '',
        content: [
          { type: 'thinking', thinking: 'I inspect it first.' },
          { type: 'tool_use', id: null, name: 'inspect', input: CALL },
          {
            type: 'tool_result',
            tool_use_id: null,
            name: 'inspect',
            content: [{ type: 'text', text: 'The wick is short.' }],
            is_error: false,
          },
          { type: 'text', text: 'The lamp needs a new wick.' },
        ],
        sender: 'assistant',
        created_at: '2025-03-01T10:00:09.000000Z',
        attachments: [],
        files: [],
      },
    ],
  },
  {
    uuid: '7c2a0000-0000-4000-8000-0000000000ff',
    name: '',
    created_at: '2025-03-02T10:00:00Z',
    chat_messages: [
      {
        uuid: '7c2a0000-0000-4000-8000-000000000003',
        text: 'An older export has the text alone.',
        sender: 'human',
        created_at: '2025-03-02T10:00:01Z',
      },
    ],
  },
];

/** A session of Claude Code, a line each. */
export const claudeCodeLines = (() => {
  const common = {
    sessionId: '8d3b0000-0000-4000-8000-00000000c0de',
    cwd: '/home/ada/lamp',
    gitBranch: 'main',
    version: '2.0.0',
    userType: 'external',
    isSidechain: false,
  };
  const line = (uuid: string, parentUuid: string | null, type: string, message: object, more: object = {}) => ({
    parentUuid,
    ...common,
    type,
    uuid,
    timestamp: '2025-04-01T10:00:00.000Z',
    message,
    ...more,
  });
  const answer = (content: object) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [content],
    usage: { input_tokens: 1 },
  });
  return [
    { type: 'file-history-snapshot', messageId: 'u1', snapshot: {} },
    line('u1', null, 'user', { role: 'user', content: 'What does the lamp need?' }),
    line('u2', 'u1', 'assistant', answer({ type: 'thinking', thinking: 'I inspect it first.', signature: 'c2lnbmVk' })),
    line(
      'u3',
      'u2',
      'assistant',
      answer({ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'inspect lamp' } }),
    ),
    line('s1', null, 'user', { role: 'user', content: 'You are a helper.' }, { isSidechain: true }),
    line('u4', 'u3', 'user', {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'The wick is short.\u0000' }],
    }),
    line('u5', 'u4', 'assistant', answer({ type: 'text', text: 'The lamp needs a new wick.' })),
    { type: 'summary', summary: 'A wick for the lamp', leafUuid: 'u5' },
  ];
})();

export function jsonLines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** Each by its format. */
const codexLine = (second: number, type: string, payload: object) => ({
  timestamp: `2026-03-01T08:00:${String(second).padStart(2, '0')}.000Z`,
  type,
  payload,
});
const codexSaid = (role: string, text: string) => ({
  type: 'message',
  role,
  content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }],
});

/** As Codex writes its sessions. */
export const codexLines: readonly object[] = [
  codexLine(0, 'session_meta', {
    id: '019a0000-0000-7000-8000-0000000000c0',
    timestamp: '2026-03-01T08:00:00.000Z',
    cwd: '/home/ada/lighthouse',
    originator: 'codex_cli_rs',
    cli_version: '0.98.0',
    source: 'cli',
    git: { branch: 'main' },
  }),
  codexLine(1, 'response_item', codexSaid('developer', '<permissions instructions>ask</permissions instructions>')),
  codexLine(1, 'response_item', codexSaid('user', '<environment_context><cwd>/home/ada</cwd></environment_context>')),
  codexLine(2, 'turn_context', { cwd: '/home/ada/lighthouse', model: 'gpt-5', approval_policy: 'on-request' }),
  codexLine(3, 'response_item', codexSaid('user', 'What does the lamp need?')),
  codexLine(3, 'event_msg', { type: 'user_message', message: 'What does the lamp need?', images: [] }),
  codexLine(4, 'response_item', {
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: 'I inspect it first.' }],
    encrypted_content: 'c2VjcmV0',
  }),
  codexLine(5, 'response_item', {
    type: 'function_call',
    name: 'inspect',
    arguments: JSON.stringify(CALL),
    call_id: 'call_1',
  }),
  codexLine(6, 'response_item', { type: 'function_call_output', call_id: 'call_1', output: 'The wick is short.' }),
  codexLine(7, 'event_msg', { type: 'agent_message', message: 'The lamp needs a new wick.' }),
  codexLine(7, 'response_item', codexSaid('assistant', 'The lamp needs a new wick.')),
];

/** A turn that is taken back, and another one in its place. */
export const codexRollback: readonly object[] = [
  codexLine(10, 'response_item', codexSaid('user', 'And the bell?')),
  codexLine(11, 'response_item', codexSaid('assistant', 'The bell is fine.')),
  codexLine(12, 'event_msg', { type: 'thread_rolled_back', num_turns: 1 }),
  codexLine(13, 'response_item', codexSaid('user', 'And the horn?')),
  codexLine(14, 'response_item', codexSaid('assistant', 'The horn is loud.')),
];

export const transcripts = {
  openai: JSON.stringify(openAiMessages),
  anthropic: JSON.stringify(anthropicMessages),
  chatgpt: JSON.stringify(chatGptExport),
  claude: JSON.stringify(claudeExport),
  codex: codexLines.map((line) => JSON.stringify(line)).join('\n'),
  'claude-code': jsonLines(claudeCodeLines),
} as const;
