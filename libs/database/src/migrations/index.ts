import type { MigrationClass } from './define-migration.js';
import { Platform } from './0001-platform.js';
import { Projects } from './0002-projects.js';
import { Sessions } from './0003-sessions.js';
import { Contexts } from './0004-contexts.js';
import { Handovers } from './0005-handovers.js';
import { Search } from './0006-search.js';
import { Queue } from './0007-queue.js';
import { Cache } from './0008-cache.js';
import { Embeddings } from './0009-embeddings.js';
import { Access } from './0010-access.js';
import { Admin } from './0011-admin.js';
import { SessionStarters } from './0013-session-starters.js';
import { CachePrimaries } from './0016-cache-primaries.js';
import { Revisions } from './0017-revisions.js';
import { DeletedSessions } from './0018-deleted-sessions.js';
import { InstallationSecretsTable } from './0019-installation-secrets.js';
import { AnswersWithWhatTheyCreated } from './0020-answers-with-what-they-created.js';
import { CacheErasures } from './0021-cache-erasures.js';
import { VisibleInvalidations } from './0022-visible-invalidations.js';
import { SearchChangesTable } from './0024-search-changes.js';
import { Conversations } from './0025-conversations.js';
import { AgentStates } from './0027-agent-states.js';
import { SearchPassages } from './0030-search-passages.js';
import { ContextValidity } from './0031-context-validity.js';
import { DatedContexts } from './0032-dated-contexts.js';
import { Authors } from './0034-authors.js';
import { Conflicts } from './0035-conflicts.js';
import { ForgottenTexts } from './0036-forgotten-texts.js';
import { WorkspaceSettings } from './0038-workspace-settings.js';
import { UserProfiles } from './0040-user-profiles.js';
import { UserErasures } from './0042-user-erasures.js';
import { Webhooks } from './0043-webhooks.js';
import { Feedback } from './0041-feedback.js';
import { AnswersWithMessages } from './0045-answers-with-messages.js';

/** The history of the schema, oldest first. */
export const migrations: MigrationClass[] = [
  Platform,
  Projects,
  Sessions,
  Contexts,
  Handovers,
  Search,
  Queue,
  Cache,
  Embeddings,
  Access,
  Admin,
  SessionStarters,
  CachePrimaries,
  Revisions,
  DeletedSessions,
  InstallationSecretsTable,
  AnswersWithWhatTheyCreated,
  CacheErasures,
  VisibleInvalidations,
  SearchChangesTable,
  Conversations,
  AgentStates,
  SearchPassages,
  ContextValidity,
  DatedContexts,
  Authors,
  Conflicts,
  ForgottenTexts,
  WorkspaceSettings,
  UserProfiles,
  Feedback,
  UserErasures,
  Webhooks,
  AnswersWithMessages,
];
