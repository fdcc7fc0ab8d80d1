import { newRevision, type ProjectId, type WorkspaceId } from '#kernel';
import type { SessionRepository } from '../persistence/session.repository.js';
import { type Session, sessionStates } from '../session.js';
import { session } from './session.factory.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface SessionRepositorySubject {
  readonly sessions: SessionRepository;
  /** A new project, in a new workspace or in the given one. Its slug is its id. */
  newProject(workspaceId?: WorkspaceId): Promise<{ workspaceId: WorkspaceId; projectId: ProjectId }>;
}

/** What every repository of sessions does for one caller. */
export function sessionRepositoryContract(subject: () => SessionRepositorySubject): void {
  let sessions: SessionRepository;
  let project: { workspaceId: WorkspaceId; projectId: ProjectId };
  const start = Date.UTC(2031, 5, 1);
  const at = (ms: number) => new Date(start + ms);

  beforeEach(async () => {
    sessions = subject().sessions;
    project = await subject().newProject();
  });

  async function stored(over: Partial<Session> = {}): Promise<Session> {
    const made = session({ ...project, createdAt: at(0), ...over });
    await sessions.insert(made);
    return made;
  }

  it('gives back what was inserted, whichever way it is found', async () => {
    const made = await stored({
      client: 'a:b / ☕',
      metadata: { nested: { list: [1, null, 'é'] }, '': 0 },
      summary: '𝒮ummary',
      finalisedAt: at(5),
      endedAt: at(5),
      revision: newRevision(),
    });
    expect(await sessions.find(made.workspaceId, made.id)).toEqual(made);
    expect(await sessions.findForActivity(made.workspaceId, made.id)).toEqual(made);
    expect(await sessions.findForChange(made.workspaceId, made.id)).toEqual(made);
  });

  it('T41 finds nothing by an id of another workspace', async () => {
    const made = await stored();
    const other = await subject().newProject();
    expect(await sessions.find(other.workspaceId, made.id)).toBeUndefined();
    expect(await sessions.findForActivity(other.workspaceId, made.id)).toBeUndefined();
    expect(await sessions.findForChange(other.workspaceId, made.id)).toBeUndefined();
    expect((await sessions.list(other.workspaceId, {}, undefined, 10)).items).toEqual([]);
    await sessions.touch(other.workspaceId, made.id, { at: at(HOUR_MS), expiresAt: at(2 * HOUR_MS), touchMs: 1 });
    await sessions.update({ ...made, workspaceId: other.workspaceId, summary: 'taken' });
    expect(await sessions.find(made.workspaceId, made.id)).toEqual(made);
  });

  it('stores everything that can change, the project as well', async () => {
    const made = await stored();
    const other = await subject().newProject(made.workspaceId);
    const changed: Session = {
      ...made,
      projectId: other.projectId,
      project: other.projectId,
      metadata: { a: 1 },
      summary: 'done',
      lastActiveAt: at(1),
      expiresAt: at(2),
      finalisedAt: at(3),
      endedAt: at(4),
      revision: newRevision(),
    };
    await sessions.update(changed);
    expect(await sessions.find(made.workspaceId, made.id)).toEqual(changed);
  });

  describe('touch', () => {
    const touchMs = MINUTE_MS;
    const touchAt = async (made: Session, ms: number) => {
      await sessions.touch(made.workspaceId, made.id, { at: at(ms), expiresAt: at(ms + HOUR_MS), touchMs });
      return sessions.find(made.workspaceId, made.id);
    };

    it('writes the first activity in its interval and no other', async () => {
      const made = await stored({ expiresAt: at(HOUR_MS) });
      expect(await touchAt(made, touchMs - 1)).toEqual(made);
      const touched = await touchAt(made, touchMs);
      expect(touched).toEqual({ ...made, lastActiveAt: at(touchMs), expiresAt: at(touchMs + HOUR_MS) });
      expect(await touchAt(made, 2 * touchMs - 1)).toEqual(touched);
    });

    it('opens a session again that was handed over, at once, without taking time back', async () => {
      const made = await stored({ lastActiveAt: at(10), expiresAt: at(2 * HOUR_MS), finalisedAt: at(20) });
      expect(await touchAt(made, 5)).toEqual({ ...made, finalisedAt: null });
    });

    it('T18 does not bring an ended or expired session back', async () => {
      const ended = await stored({ expiresAt: at(5 * HOUR_MS), finalisedAt: at(1), endedAt: at(1) });
      expect(await touchAt(ended, HOUR_MS)).toEqual(ended);
      const expired = await stored({ expiresAt: at(HOUR_MS) });
      expect(await touchAt(expired, HOUR_MS)).toEqual(expired);
    });
  });

  describe('list', () => {
    it('T21 pages through all of a project exactly once, newest first', async () => {
      const made = [];
      for (let count = 0; count < 7; count++) made.push(await stored());
      const other = await subject().newProject(project.workspaceId);
      await sessions.insert(session({ ...other }));
      const seen = [];
      let after: Session['id'] | undefined;
      do {
        const page = await sessions.list(project.workspaceId, { projectId: project.projectId }, after, 3);
        seen.push(...page.items);
        after = page.next?.[0];
      } while (after !== undefined);
      expect(seen).toEqual(made.reverse());
    });

    it('filters by the state as it is at the given moment', async () => {
      const now = at(10 * HOUR_MS);
      const idleSince = at(8 * HOUR_MS);
      const ago = (ms: number) => new Date(now.getTime() - ms);
      const made = {
        active: await stored({ lastActiveAt: ago(2 * HOUR_MS - 1), expiresAt: at(20 * HOUR_MS) }),
        idle: await stored({ lastActiveAt: ago(2 * HOUR_MS), expiresAt: at(20 * HOUR_MS), finalisedAt: now }),
        expired: await stored({ lastActiveAt: ago(3 * HOUR_MS), expiresAt: now }),
        ended: await stored({ lastActiveAt: ago(1), expiresAt: at(20 * HOUR_MS), endedAt: now, finalisedAt: now }),
      };
      for (const is of sessionStates) {
        const page = await sessions.list(
          project.workspaceId,
          { ...project, state: { is, now, idleSince } },
          undefined,
          10,
        );
        expect(page.items).toEqual([made[is]]);
      }
    });
  });

  it('finds those that a principal started, newest first, in its workspace', async () => {
    const made: Session[] = [];
    for (let count = 0; count < 3; count++) {
      made.push(session({ ...project, createdAt: at(count) }));
      await sessions.insert(made[count]!, 'jwt:alice');
    }
    await sessions.insert(session(project), 'jwt:bob');
    await stored();
    await sessions.insert(session(await subject().newProject()), 'jwt:alice');
    expect(await sessions.listStartedBy(project.workspaceId, 'jwt:alice', 10)).toEqual(made.toReversed());
    expect(await sessions.listStartedBy(project.workspaceId, 'jwt:alice', 2)).toEqual(made.toReversed().slice(0, 2));
    expect(await sessions.listStartedBy(project.workspaceId, 'jwt:al', 10)).toEqual([]);
  });

  describe('sessions that are due', () => {
    const due = { now: at(10 * HOUR_MS), idleSince: at(8 * HOUR_MS) };
    const mine = async () => {
      const found = [];
      let after;
      for (;;) {
        const batch = await sessions.listDue(due, after, 2);
        found.push(...batch.filter((mark) => mark.workspaceId === project.workspaceId));
        if (batch.length < 2) return found.map((mark) => mark.id);
        after = batch.at(-1);
      }
    };

    it('are those idle or expired that were not handed over, longest inactive first, in batches', async () => {
      const later = await stored({ lastActiveAt: at(8 * HOUR_MS) });
      const earliest = await stored({ lastActiveAt: at(HOUR_MS) });
      const twin = await stored({ lastActiveAt: at(HOUR_MS) });
      const expired = await stored({ lastActiveAt: at(9 * HOUR_MS), expiresAt: at(10 * HOUR_MS) });
      await stored({ lastActiveAt: at(8 * HOUR_MS + 1) });
      await stored({ lastActiveAt: at(HOUR_MS), finalisedAt: at(2 * HOUR_MS) });
      await stored({ lastActiveAt: at(HOUR_MS), finalisedAt: at(HOUR_MS), endedAt: at(HOUR_MS) });
      expect(await mine()).toEqual([earliest.id, twin.id, later.id, expired.id]);
    });

    it('are found for a change only while they are due', async () => {
      const idle = await stored({ lastActiveAt: at(HOUR_MS) });
      expect(await sessions.findDueForChange(idle.workspaceId, idle.id, due)).toEqual(idle);
      await sessions.update({ ...idle, finalisedAt: at(2 * HOUR_MS) });
      expect(await sessions.findDueForChange(idle.workspaceId, idle.id, due)).toBeUndefined();
      const active = await stored({ lastActiveAt: at(9 * HOUR_MS) });
      expect(await sessions.findDueForChange(active.workspaceId, active.id, due)).toBeUndefined();
    });
  });

  it('counts the sessions of a project', async () => {
    await stored();
    await stored({ endedAt: at(1), finalisedAt: at(1) });
    expect(await sessions.count(project.workspaceId, project.projectId)).toBe(2);
    const other = await subject().newProject(project.workspaceId);
    expect(await sessions.count(project.workspaceId, other.projectId)).toBe(0);
  });
}
