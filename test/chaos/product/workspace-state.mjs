// @ts-check

/**
 * What a workspace holds, as plain data. Things are known by words that their writer chose, which no other thing has:
 * their ids are not known before they are answered.
 *
 * @typedef {object} StoredContext
 * @property {string} token in its text
 * @property {string} project
 * @property {string} label
 * @property {number} version
 * @property {string[]} tags
 * @property {'always_check' | 'reference'} priority
 * @property {boolean} isArchived
 * @property {string | null} supersedes the token of what it was stored to supersede
 * @property {number | null} slotFrom since when it is the value of the slot of its project, in seconds; null of what is none
 *
 * @typedef {object} StoredSession
 * @property {string} client
 * @property {string} project
 * @property {boolean} hasEnded
 * @property {string | null} summary
 * @property {string | null} note in its metadata
 *
 * @typedef {object} StoredEntry
 * @property {string} token in its text
 * @property {string} client of its session
 * @property {string} project
 * @property {'todo' | 'progress' | 'decision'} kind
 * @property {boolean} isResolved
 * @property {boolean} isHandedOver whether its session has left it there: then it is found also where what goes on is left out
 *
 * @typedef {object} StoredHandover
 * @property {string} name that no other has, whatever becomes of its content
 * @property {string | null} token in its summary
 * @property {string} project
 * @property {string} content what else it says; none of one that was made by hand
 * @property {boolean} isAcknowledged
 *
 * @typedef {object} StoredMessage
 * @property {string} clientId a word as well
 * @property {string} word in its text
 * @property {number} seq
 *
 * @typedef {object} StoredConversation
 * @property {string} token its external id
 * @property {string} project
 * @property {string | null} title
 * @property {boolean} isArchived
 * @property {number} lastSeq
 * @property {StoredMessage[]} messages oldest first
 * @typedef {object} StoredAgentState
 * @property {string} agent
 * @property {string} project
 * @property {number} version
 * @property {string} token in its value
 * @property {string | null} note that patches have put there
 *
 * @typedef {object} StoredCheckpoint
 * @property {string} token that is its name
 * @property {string} agent
 * @property {string} project
 * @property {number} version
 * @property {{ token: string, note: string | null }} value
 *
 * @typedef {object} StoredProfile
 * @property {string} user
 * @property {number} version
 * @property {string} token in the profile
 * @property {string | null} tone of the preferences
 *
 * @typedef {object} StoredFeedback
 * @property {string} token a note
 * @property {string} user
 * @property {string} project
 * @property {string} context token of it
 *
 * @typedef {object} StoredKey
 * @property {string} name that the client has for it: a rotated key is another with the same title
 * @property {string} title
 * @property {string[]} scopes
 * @property {boolean} isRevoked
 *
 * @typedef {object} WorkspaceState
 * @property {string[]} projects that were written to
 * @property {StoredContext[]} contexts in the order in which they were stored
 * @property {StoredSession[]} sessions
 * @property {StoredEntry[]} entries
 * @property {StoredHandover[]} handovers in the order in which their content was made
 * @property {StoredConversation[]} conversations
 * @property {StoredAgentState[]} agentStates
 * @property {StoredCheckpoint[]} checkpoints in the order in which they were made
 * @property {Record<string, number>} lastVersions of agents, by project and agent
 * @property {Record<string, number>} deletedVersions the highest number that was deleted of a label that has others, by project and label
 * @property {StoredProfile[]} profiles
 * @property {StoredFeedback[]} feedback
 * @property {StoredKey[]} keys
 * @property {string[]} endedTokens by subject
 * @property {Record<string, number>} archiveAfterDays the retention policies, by project
 * @property {string} redactionMode what is done about secrets
 * @property {Record<string, string>} supersede what rules of conflicts do by themselves, by project
 */

/** Clients make the first by writing to it; the second is there for whoever asks for it. */
export const PROJECTS = ['atlas', 'default'];
export const AGENTS = ['planner', 'a/b: c'];
export const USERS = ['ada', 'b/c: d'];
export const LABELS = ['rules/deploy', 'notes', 'a: label'];
/** What is ingested has parts below it. */
export const DOCUMENT = 'document';

/** @returns {WorkspaceState} */
export function emptyState() {
  return {
    projects: [],
    contexts: [],
    sessions: [],
    entries: [],
    handovers: [],
    conversations: [],
    agentStates: [],
    checkpoints: [],
    lastVersions: {},
    deletedVersions: {},
    profiles: [],
    feedback: [],
    keys: [],
    endedTokens: [],
    archiveAfterDays: {},
    redactionMode: 'report',
    supersede: {},
  };
}

/**
 * @param {WorkspaceState} state
 * @param {string} project
 * @param {string} label
 * @returns {StoredContext[]} oldest first
 */
export function versionsOf(state, project, label) {
  return state.contexts.filter((context) => context.project === project && context.label === label);
}

/**
 * @param {WorkspaceState} state
 * @param {string} project
 * @param {string} label
 * @returns {StoredContext | undefined} the newest version that is not archived
 */
export function latestOf(state, project, label) {
  return versionsOf(state, project, label).findLast(({ isArchived }) => !isArchived);
}

/**
 * @param {WorkspaceState} state
 * @param {string} project
 * @returns {StoredContext[]} the latest of every label
 */
export function latestIn(state, project) {
  return state.contexts.filter((context) => context.project === project && isLatest(state, context));
}

/**
 * @param {WorkspaceState} state
 * @param {StoredContext} context
 */
function isLatest(state, context) {
  return latestOf(state, context.project, context.label) === context;
}

/**
 * Whether something that is not archived takes its place: a later version of its label, what was stored to supersede it, or a
 * later value of the slot. It is not asked of what is archived.
 *
 * @param {WorkspaceState} state
 * @param {StoredContext} context
 */
export function isSuperseded(state, { token, project, label, version, slotFrom }) {
  return state.contexts.some(
    (other) =>
      other.project === project &&
      !other.isArchived &&
      ((other.label === label && other.version > version) ||
        other.supersedes === token ||
        (slotFrom !== null && other.slotFrom !== null && other.slotFrom > slotFrom)),
  );
}

/**
 * @param {WorkspaceState} state
 * @param {string} project
 */
export function openTodosIn(state, project) {
  return state.entries.filter((entry) => entry.project === project && entry.kind === 'todo' && !entry.isResolved);
}

/**
 * The first write of a project makes it.
 *
 * @param {WorkspaceState} state
 * @param {string} project
 */
export function ensureProject(state, project) {
  if (!state.projects.includes(project)) state.projects.push(project);
}

/**
 * @param {WorkspaceState} state
 * @param {string} project
 */
export function removeProject(state, project) {
  state.projects = state.projects.filter((each) => each !== project);
  const kinds = /** @type {const} */ ([
    'contexts',
    'sessions',
    'entries',
    'handovers',
    'conversations',
    'agentStates',
    'checkpoints',
    'feedback',
  ]);
  for (const kind of kinds) {
    // Each kind alone has one type; together they have none.
    state[kind] = /** @type {any} */ (state[kind].filter((each) => each.project !== project));
  }
  delete state.archiveAfterDays[project];
  for (const agent of AGENTS) delete state.lastVersions[`${project} ${agent}`];
  for (const place of Object.keys(state.deletedVersions))
    if (place.startsWith(`${project} `)) delete state.deletedVersions[place];
}
