// @ts-check
import { tokenIn } from './known-workspace.mjs';
import { ensureProject, PROJECTS } from './workspace-state.mjs';
import { notIn, notShown } from './write.mjs';

/** @typedef {import('./workspace-state.mjs').WorkspaceState} WorkspaceState */

/**
 * A conversation whose id is known.
 * @param {import('./write.mjs').Draw} draw
 * @param {(conversation: import('./workspace-state.mjs').StoredConversation) => boolean} [isWanted]
 */
function chosenConversation({ memory, state, picks }, isWanted = () => true) {
  const known = state.conversations.filter((each) => memory.idOf('conversation', each.token) !== undefined);
  const chosen = picks.one(known.filter(isWanted));
  return chosen && { ...chosen, id: String(memory.idOf('conversation', chosen.token)) };
}

/**
 * A message of it whose id is known.
 * @param {import('./write.mjs').Draw} draw
 */
function chosenMessage(draw) {
  const conversation = chosenConversation(draw, ({ messages }) => messages.length > 0);
  if (conversation === undefined) return undefined;
  const { memory, picks } = draw;
  const known = conversation.messages.filter(({ clientId }) => memory.idOf('message', clientId) !== undefined);
  const message = picks.one(known);
  return message && { conversation, message, messageId: String(memory.idOf('message', message.clientId)) };
}

/**
 * @param {WorkspaceState} state
 * @param {string} token
 */
const found = (state, token) => state.conversations.find((each) => each.token === token);

/**
 * @param {string} project
 * @param {string} token
 */
const topics = (project, token) => [project, `conversation ${token}`];

/**
 * A write to a conversation that is there.
 * @param {import('./workspace-state.mjs').StoredConversation} conversation
 * @param {(conversation: import('./workspace-state.mjs').StoredConversation, answer: any) => string | undefined} change
 * @returns {import('./possible-states.mjs').Effect['apply']}
 */
function applyTo({ token }, change) {
  return (state, answer) => {
    const conversation = found(state, token);
    return conversation === undefined ? notIn(answer, [404]) : change(conversation, answer);
  };
}

/** @param {'archive' | 'restore'} verb @returns {import('./write.mjs').Operation} */
function archiving(verb) {
  return {
    route: `POST /v1/conversations/{id}/${verb}`,
    tool: `conversation_${verb}`,
    draw(draw) {
      const conversation = chosenConversation(draw);
      if (conversation === undefined) return undefined;
      const { id, project, token } = conversation;
      return {
        call: { method: 'POST', path: `/v1/conversations/${id}/${verb}`, body: {} },
        args: { id },
        about: topics(project, token),
        isRepeatable: true,
        apply: applyTo(conversation, (each, answer) => {
          each.isArchived = verb === 'archive';
          const state = verb === 'archive' ? 'archived' : 'active';
          return notIn(answer, [200]) ?? notShown(answer, 'the conversation', (body) => body.state, state);
        }),
      };
    },
  };
}

/** @type {readonly import('./write.mjs').Operation[]} */
export const conversationOperations = [
  {
    route: 'POST /v1/conversations',
    tool: 'conversation_begin',
    draw({ memory, picks }) {
      const [project, token] = [String(picks.one(PROJECTS)), memory.newToken()];
      const body = { project, externalId: token, title: token };
      return {
        call: { method: 'POST', path: '/v1/conversations', body },
        args: body,
        about: topics(project, token),
        isRepeatable: true,
        apply(state, answer) {
          ensureProject(state, project);
          if (found(state, token) === undefined)
            state.conversations.push({ token, project, title: token, isArchived: false, lastSeq: 0, messages: [] });
          return notIn(answer, [200, 201]);
        },
        learn: ({ body: made }) => memory.learn('conversation', token, made.id),
      };
    },
  },
  {
    route: 'PATCH /v1/conversations/{id}',
    tool: 'conversation_update',
    draw(draw) {
      const conversation = chosenConversation(draw);
      if (conversation === undefined) return undefined;
      const { id, project, token } = conversation;
      const title = draw.memory.newToken();
      return {
        call: { method: 'PATCH', path: `/v1/conversations/${id}`, body: { title } },
        args: { id, title },
        about: topics(project, token),
        apply: applyTo(conversation, (each, answer) => {
          each.title = title;
          return notIn(answer, [200]) ?? notShown(answer, 'the title', (body) => body.title, title);
        }),
      };
    },
  },
  archiving('archive'),
  archiving('restore'),
  {
    route: 'POST /v1/conversations/{id}/messages',
    tool: 'conversation_append',
    draw(draw) {
      const conversation = chosenConversation(draw);
      if (conversation === undefined) return undefined;
      const { id, project, token } = conversation;
      const { memory } = draw;
      const clientId = memory.newToken();
      const messages = [{ clientId, role: 'user', content: `Said ${clientId} of ${memory.marker}.` }];
      return {
        call: { method: 'POST', path: `/v1/conversations/${id}/messages`, body: { messages } },
        args: { id, messages },
        about: topics(project, token),
        isRepeatable: true,
        apply: applyTo(conversation, (each, answer) => {
          const known = each.messages.find((message) => message.clientId === clientId);
          if (known === undefined && each.isArchived) return notIn(answer, [409]);
          if (known === undefined) each.messages.push({ clientId, word: clientId, seq: ++each.lastSeq });
          const seq = known?.seq ?? each.lastSeq;
          return notIn(answer, [200, 201]) ?? notShown(answer, 'the message', ({ items }) => items[0].seq, seq);
        }),
        learn: ({ body }) => memory.learn('message', clientId, body.items?.[0]?.id),
      };
    },
  },
  {
    route: 'POST /v1/projects/{project}/transcripts',
    draw({ memory, picks }) {
      const [project, token] = [String(picks.one(PROJECTS)), memory.newToken()];
      const said = [memory.newToken(), memory.newToken()];
      const messages = said.map((id) => ({ id, role: 'user', content: `Said ${id} of ${memory.marker}.` }));
      return {
        call: {
          method: 'POST',
          path: `/v1/projects/${project}/transcripts?externalId=${token}`,
          headers: { 'content-type': 'application/x-ndjson' },
          body: Buffer.from(JSON.stringify(messages)),
        },
        about: topics(project, token),
        isRepeatable: true,
        apply(state, answer) {
          ensureProject(state, project);
          if (found(state, token) === undefined)
            state.conversations.push({
              token,
              project,
              title: null,
              isArchived: false,
              lastSeq: said.length,
              messages: said.map((clientId, place) => ({ clientId, word: clientId, seq: place + 1 })),
            });
          return notIn(answer, [200]);
        },
      };
    },
  },
  {
    route: 'PATCH /v1/conversations/{id}/messages/{message}',
    tool: 'conversation_edit',
    draw(draw) {
      const chosen = chosenMessage(draw);
      if (chosen === undefined) return undefined;
      const { conversation, message, messageId } = chosen;
      const word = draw.memory.newToken();
      const body = { content: `Said ${word} of ${draw.memory.marker}.` };
      return {
        call: { method: 'PATCH', path: `/v1/conversations/${conversation.id}/messages/${messageId}`, body },
        args: { id: conversation.id, message: messageId, ...body },
        about: topics(conversation.project, conversation.token),
        apply: applyTo(conversation, (each, answer) => {
          const edited = each.messages.find(({ clientId }) => clientId === message.clientId);
          if (edited === undefined) return notIn(answer, [404]);
          edited.word = word;
          return notIn(answer, [200]);
        }),
      };
    },
  },
  {
    route: 'DELETE /v1/conversations/{id}/messages/{message}',
    tool: 'conversation_delete_message',
    draw(draw) {
      const chosen = chosenMessage(draw);
      if (chosen === undefined) return undefined;
      const { conversation, message, messageId } = chosen;
      return {
        call: { method: 'DELETE', path: `/v1/conversations/${conversation.id}/messages/${messageId}` },
        args: { id: conversation.id, message: messageId },
        about: topics(conversation.project, conversation.token),
        apply: applyTo(conversation, (each, answer) => {
          const exists = each.messages.some(({ clientId }) => clientId === message.clientId);
          each.messages = each.messages.filter(({ clientId }) => clientId !== message.clientId);
          return notIn(answer, exists ? [200] : [404]);
        }),
      };
    },
  },
  {
    route: 'DELETE /v1/conversations/{id}/messages',
    tool: 'conversation_clear',
    draw(draw) {
      const conversation = chosenConversation(draw);
      // Whatever was said is gone with it: not often.
      if (conversation === undefined || draw.picks.below(3) > 0) return undefined;
      const { id, project, token } = conversation;
      return {
        call: { method: 'DELETE', path: `/v1/conversations/${id}/messages` },
        args: { id },
        about: topics(project, token),
        apply: applyTo(conversation, (each, answer) => {
          const messages = each.messages.length;
          each.messages = [];
          return (
            notIn(answer, [200]) ?? notShown(answer, 'what was removed', ({ removed }) => removed.messages, messages)
          );
        }),
      };
    },
  },
  {
    route: 'DELETE /v1/conversations/{id}',
    tool: 'conversation_delete',
    draw(draw) {
      const conversation = chosenConversation(draw);
      if (conversation === undefined || draw.picks.below(3) > 0) return undefined;
      const { id, project, token } = conversation;
      return {
        call: { method: 'DELETE', path: `/v1/conversations/${id}` },
        args: { id },
        about: topics(project, token),
        apply(state, answer) {
          const exists = found(state, token) !== undefined;
          state.conversations = state.conversations.filter((each) => each.token !== token);
          return notIn(answer, exists ? [200] : [404]);
        },
      };
    },
  },
];

/** @param {any} conversation as it is answered */
export function shownConversation({ externalId, title, state, messageCount, lastSeq }) {
  return { token: externalId, title: tokenIn(title), isArchived: state === 'archived', messageCount, lastSeq };
}

/** @param {import('./workspace-state.mjs').StoredConversation} conversation */
export function viewOfConversation({ token, title, isArchived, messages, lastSeq }) {
  return { token, title, isArchived, messageCount: messages.length, lastSeq };
}

/** @param {any[]} messages as they are answered */
export const shownMessages = (messages) => messages.map(({ seq, content }) => [seq, tokenIn(content)]);

/** @param {import('./workspace-state.mjs').StoredConversation} conversation */
export const viewOfMessages = ({ messages }) => messages.map(({ seq, word }) => [seq, word]);
