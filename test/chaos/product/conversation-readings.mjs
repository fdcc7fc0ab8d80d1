// @ts-check
import { shownConversation, shownMessages, viewOfConversation, viewOfMessages } from './conversation-operations.mjs';
import { MANY } from './answer-views.mjs';

const SHORT = 2;

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {import('./workspace-state.mjs').StoredConversation} conversation
 * @returns {import('./readings.mjs').Reading[]}
 */
export function conversationReadings(memory, { token, project, messages: all }) {
  const id = memory.idOf('conversation', token);
  if (id === undefined) return [];
  const about = [project, `conversation ${token}`];
  const path = `/v1/conversations/${id}`;
  /** @param {(conversation: import('./workspace-state.mjs').StoredConversation) => unknown} view */
  const expecting = (view) => (/** @type {import('./workspace-state.mjs').WorkspaceState} */ state) => {
    const found = state.conversations.find((each) => each.token === token);
    return found && view(found);
  };
  const first = all.find(({ clientId }) => memory.idOf('message', clientId) !== undefined);
  return [
    {
      route: 'GET /v1/conversations/{id}',
      call: { method: 'GET', path },
      args: { id },
      about,
      view: shownConversation,
      expected: expecting(viewOfConversation),
    },
    {
      route: 'GET /v1/conversations/{id}/messages',
      call: { method: 'GET', path: `${path}/messages?${MANY}` },
      args: { id, limit: 100 },
      about,
      view: ({ items }) => shownMessages(items),
      expected: expecting((found) => viewOfMessages(found).slice(0, 100)),
    },
    {
      route: 'GET /v1/conversations/{id}/window',
      call: { method: 'GET', path: `${path}/window?maxMessages=100` },
      args: { id, maxMessages: 100 },
      about,
      view: ({ messages }) => shownMessages(messages),
      expected: expecting((found) => viewOfMessages(found).slice(-100)),
    },
    {
      route: 'GET /v1/conversations/{id}/window',
      call: { method: 'GET', path: `${path}/window?maxMessages=${SHORT}` },
      args: { id, maxMessages: SHORT },
      about,
      view: ({ messages, truncated }) => [shownMessages(messages), truncated],
      expected: expecting((found) => [viewOfMessages(found).slice(-SHORT), found.messages.length > SHORT]),
    },
    ...(first === undefined
      ? []
      : [
          {
            route: 'GET /v1/conversations/{id}/messages/{message}',
            call: { method: 'GET', path: `${path}/messages/${memory.idOf('message', first.clientId)}` },
            args: { id, message: memory.idOf('message', first.clientId) },
            about,
            view: (/** @type {any} */ message) => shownMessages([message]),
            expected: (/** @type {import('./workspace-state.mjs').WorkspaceState} */ state) => {
              const found = state.conversations.find((each) => each.token === token);
              const message = found?.messages.find(({ clientId }) => clientId === first.clientId);
              return message && [[message.seq, message.word]];
            },
          },
        ]),
  ];
}
