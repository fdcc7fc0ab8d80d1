import { Injectable } from '@nestjs/common';
import { DomainError, InvalidInputError, type SessionId, type WorkspaceId } from '#kernel';
import { contextRejected, ForgottenTexts, type Project } from '#project';
import { SessionService } from '#session';
import type { Context } from '../context.js';
import { PostgresSuccessionsRepository } from '../validity/postgres-successions.repository.js';
import type { ContextDraft } from './context-draft.js';
import type { LockedLabel } from './postgres-context.repository.js';

const NO_SUCH_CONTEXT = 'names no context of this project';
const OWN_TEXT = 'names the version that holds this very text';

/** What keeps a text from being stored, each with where it stands in the request. */
@Injectable()
export class DraftChecks {
  constructor(
    private readonly sessions: SessionService,
    private readonly successions: PostgresSuccessionsRepository,
    private readonly forgotten: ForgottenTexts,
  ) {}

  /** Records the activity of every session that stores something. @returns why those may not that are not there or over */
  async refusedSessions(
    workspaceId: WorkspaceId,
    drafts: readonly ContextDraft[],
    pointerOf: (index: number) => string,
  ): Promise<ReadonlyMap<SessionId, DomainError>> {
    const named = new Map<SessionId, string>();
    for (const [index, { sessionId }] of drafts.entries()) {
      if (sessionId !== null && !named.has(sessionId)) named.set(sessionId, `${pointerOf(index)}/sessionId`);
    }
    const refused = new Map<SessionId, DomainError>();
    for (const [sessionId, pointer] of [...named].sort(([a], [b]) => (a < b ? -1 : 1))) {
      try {
        await this.sessions.recordActivity(workspaceId, sessionId, { pointer });
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        refused.set(sessionId, error);
      }
    }
    return refused;
  }

  /** What a text is to supersede is a version of the same project. */
  async refusedSuccessions(
    workspaceId: WorkspaceId,
    projectId: Context['projectId'],
    drafts: readonly ContextDraft[],
    pointerOf: (index: number) => string,
  ): Promise<ReadonlyMap<ContextDraft, DomainError>> {
    const named = [...new Set(drafts.flatMap(({ supersedes }) => supersedes))];
    const known = await this.successions.findKnown(workspaceId, projectId, named);
    const refused = new Map<ContextDraft, DomainError>();
    for (const [index, draft] of drafts.entries()) {
      const place = draft.supersedes.findIndex((id) => !known.has(id));
      if (place !== -1)
        refused.set(draft, new InvalidInputError(`${pointerOf(index)}/supersedes/${place}`, NO_SUCH_CONTEXT));
    }
    return refused;
  }

  /** Texts that the project rejects, and those that are to supersede the very version that holds them. */
  async refusedTexts(
    project: Project,
    drafts: readonly ContextDraft[],
    lines: ReadonlyMap<string, LockedLabel>,
    pointerOf: (index: number) => string,
  ): Promise<ReadonlyMap<ContextDraft, DomainError>> {
    const own = this.refusedOwnTexts(drafts, lines, pointerOf);
    return new Map([...own, ...(await this.rejectedTexts(project, drafts, lines, pointerOf))]);
  }

  private refusedOwnTexts(
    drafts: readonly ContextDraft[],
    lines: ReadonlyMap<string, LockedLabel>,
    pointerOf: (index: number) => string,
  ): ReadonlyMap<ContextDraft, DomainError> {
    const refused = new Map<ContextDraft, DomainError>();
    for (const [index, draft] of drafts.entries()) {
      const latest = lines.get(draft.label)?.latest;
      const place = latest?.contentHash === draft.contentHash ? draft.supersedes.indexOf(latest.id) : -1;
      if (place !== -1) refused.set(draft, new InvalidInputError(`${pointerOf(index)}/supersedes/${place}`, OWN_TEXT));
    }
    return refused;
  }

  /** Asks nobody where no text is rejected. @param lines locked */
  private async rejectedTexts(
    { workspaceId, id: projectId, slug: project }: Project,
    drafts: readonly ContextDraft[],
    lines: ReadonlyMap<string, LockedLabel>,
    pointerOf: (index: number) => string,
  ): Promise<ReadonlyMap<ContextDraft, DomainError>> {
    if (![...lines.values()].some(({ rejectsTexts }) => rejectsTexts)) return new Map();
    const place = { workspaceId, projectId, project };
    const rejected = await this.forgotten.findRejected(
      place,
      drafts.map(({ content }) => content),
    );
    return new Map(
      drafts.flatMap((draft, index): [ContextDraft, DomainError][] =>
        rejected.has(index) ? [[draft, contextRejected([`${pointerOf(index)}/content`])]] : [],
      ),
    );
  }
}
