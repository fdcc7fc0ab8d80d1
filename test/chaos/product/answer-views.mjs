// @ts-check
import { gunzipSync } from 'node:zlib';
import { tokenIn } from './known-workspace.mjs';

/** Of a list that is read whole. */
export const MANY = 'limit=100';

/** @param {any} context as it is answered */
export function shownContext({ content, preview, project, label, version, tags, priority, archivedAt }) {
  const token = tokenIn(content) ?? tokenIn(preview);
  return { token, project, label, version, tags, priority, isArchived: archivedAt !== null };
}

/** @param {any} session as it is answered */
export function shownSession({ client, project, state, summary, metadata }) {
  return { client, project, hasEnded: state === 'ended', summary, note: metadata.note ?? null };
}

/** @param {any} handover as it is answered */
export function shownHandover({ summary, project, acknowledgedAt }) {
  return { token: tokenIn(summary), project, isAcknowledged: acknowledgedAt !== null };
}

/** @param {import('./workspace-state.mjs').StoredHandover} handover */
export const viewOfHandover = ({ token, project, isAcknowledged }) => ({ token, project, isAcknowledged });

/** @param {Buffer} file an exported project */
export function tokensIn(file) {
  const lines = gunzipSync(file).toString().trim().split('\n');
  const parts = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'context');
  return sorted(parts.map(({ content }) => tokenIn(content)));
}

/** @param {any[]} items */
export const sorted = (items) => items.map((item) => JSON.stringify(item)).toSorted();
