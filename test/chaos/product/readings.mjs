// @ts-check
import { conversationReadings } from './conversation-readings.mjs';
import { agentReadings, checkpointReadings } from './agent-readings.mjs';
import { projectReadings, labelReading } from './project-readings.mjs';
import { userReadings } from './user-walk.mjs';
import { contextReadings, handoverReadings, sessionReadings } from './thing-readings.mjs';
import { accessReadings, workspaceReadings } from './workspace-readings.mjs';
import { LABELS, PROJECTS } from './workspace-state.mjs';

/**
 * A read, and what a workspace in a given state must show. Both sides are plain data of the same form.
 *
 * @typedef {object} Reading
 * @property {string} route as the OpenAPI document names it
 * @property {import('./http-client.mjs').Call} call
 * @property {Record<string, unknown>} [args] of the tool that calls the route
 * @property {string} [tool] another one than the usual one of the route
 * @property {readonly string[]} about topics of the writes that change it
 * @property {string} [aspect] what of the answer is looked at, where another reading looks at the rest of it
 * @property {(body: any) => unknown} view of an answer with status 200
 * @property {(state: WorkspaceState) => number} [status] of the answer, where that is all that is looked at
 * @property {true} [isOfSeveral] of a list each of whose items is a read of its own: while a write has no answer, each may be
 *   as it was before that or after
 * @property {(state: WorkspaceState) => unknown} expected undefined where there is nothing: 404
 *
 * @typedef {import('./workspace-state.mjs').WorkspaceState} WorkspaceState
 * @typedef {import('./known-workspace.mjs').Memory} Memory
 */

/**
 * What is read and which part of it: what a view with an entity tag is kept under.
 *
 * @param {Reading} reading
 */
export function placeOf({ call, aspect }) {
  const place = `${call.method} ${call.path}`;
  return aspect === undefined ? place : `${place} (${aspect})`;
}

/**
 * Every read of a workspace that is known of.
 *
 * @param {Memory} memory
 * @param {WorkspaceState} state one that the workspace may be in
 * @returns {Reading[]}
 */
export function readingsOf(memory, state) {
  return [
    ...workspaceReadings(memory),
    ...PROJECTS.flatMap((project) => projectReadings(memory, project)),
    ...PROJECTS.flatMap((project) => LABELS.map((label) => labelReading(project, label))),
    ...PROJECTS.flatMap((project) => agentReadings(project)),
    ...state.checkpoints.flatMap((checkpoint) => checkpointReadings(memory, checkpoint)),
    ...state.contexts.flatMap((context) => contextReadings(memory, context)),
    ...state.sessions.flatMap((session) => sessionReadings(memory, session)),
    ...state.handovers.flatMap((handover) => handoverReadings(memory, handover)),
    ...state.conversations.flatMap((conversation) => conversationReadings(memory, conversation)),
    ...userReadings(),
    ...accessReadings(memory),
  ];
}
