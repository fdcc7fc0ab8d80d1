import { z } from 'zod';
import { SESSION_GONE, type SessionEntry, type SessionResponse, sessionResponse, todoPriorities } from '#session';
import { endOf } from '#context';
import type { Handover } from '../handover.js';
import type { WakeUp } from '../wake-up.service.js';
import { handoverResponse, toHandoverResponse } from './handover.dto.js';

const count = z.int().min(0);
const todo = z.object({
  id: z.uuid(),
  sessionId: z.uuid().nullable().meta({ description: SESSION_GONE }),
  text: z.string(),
  priority: z.enum(todoPriorities),
  createdAt: z.iso.datetime(),
});
const wakeUpResponse = z
  .object({
    handover: handoverResponse.nullable().meta({ description: 'The latest one of the project, whoever left it.' }),
    contexts: z
      .array(
        z.object({
          id: z.uuid(),
          label: z.string(),
          version: z.int(),
          preview: z.string(),
          supersededBy: z.uuid().nullable().meta({ description: 'What takes its place, from `validTo` on.' }),
          validTo: z.iso.datetime().nullable(),
        }),
      )
      .meta({ description: 'Of the always_check contexts, at most ten; those that are not valid come last.' }),
    todos: z
      .array(todo)
      .meta({ description: 'Open in the project, whichever session wrote them: the twenty most urgent.' }),
    counts: z.object({ contexts: count, alwaysCheck: count, openTodos: count, sessions: count, handovers: count }),
  })
  .meta({ id: 'WakeUp' });

export const startedSessionResponse = sessionResponse.extend({ wakeUp: wakeUpResponse }).meta({ id: 'StartedSession' });
export const endedSessionResponse = z
  .object({ session: sessionResponse, handover: handoverResponse })
  .meta({ id: 'EndedSession' });

export function toStartedSessionResponse(
  session: SessionResponse,
  wakeUp: WakeUp,
): z.infer<typeof startedSessionResponse> {
  return {
    ...session,
    wakeUp: {
      handover: wakeUp.handover === undefined ? null : toHandoverResponse(wakeUp.handover),
      contexts: wakeUp.contexts.map((context) => {
        const { id, label, version, preview, supersededBy } = context;
        return { id, label, version, preview, supersededBy, validTo: endOf(context)?.toISOString() ?? null };
      }),
      todos: wakeUp.todos.map(toTodoResponse),
      counts: wakeUp.counts,
    },
  };
}

export function toEndedSessionResponse(
  session: SessionResponse,
  handover: Handover,
): z.infer<typeof endedSessionResponse> {
  return { session, handover: toHandoverResponse(handover) };
}

function toTodoResponse(entry: SessionEntry): z.infer<typeof todo> {
  return {
    id: entry.id,
    sessionId: entry.sessionId,
    text: entry.text,
    priority: entry.priority ?? 'normal',
    createdAt: entry.createdAt.toISOString(),
  };
}
