import { newId, type ProjectId, type WorkspaceId } from '#kernel';
import type { SessionEntryRepository } from '../persistence/session-entry.repository.js';
import type { Session } from '../session.js';
import type { SessionEntry } from '../session-entry.js';
import { entry } from './session.factory.js';

interface SessionEntryRepositorySubject {
  readonly entries: SessionEntryRepository;
  /** A stored session in a new project, in a new workspace or in the given one. */
  newSession(workspaceId?: WorkspaceId): Promise<Session>;
  /** A stored session in a project that is there. */
  newSessionIn(project: { workspaceId: WorkspaceId; projectId: ProjectId }): Promise<Session>;
}

/** What every repository of entries does for one caller. */
export function sessionEntryRepositoryContract(subject: () => SessionEntryRepositorySubject): void {
  let entries: SessionEntryRepository;
  let session: Session;

  beforeEach(async () => {
    entries = subject().entries;
    session = await subject().newSession();
  });

  async function stored(over: Partial<SessionEntry> = {}, of = session): Promise<SessionEntry> {
    const made = entry(of, over);
    await entries.insert(made);
    return made;
  }

  const listed = async (filter = {}, of = session) =>
    (await entries.list(of.workspaceId, of.id, filter, undefined, 100)).items;

  it('gives back what was inserted', async () => {
    const done = await stored({
      kind: 'todo',
      text: '  "❌" \n',
      metadata: { a: [true] },
      priority: 'critical',
      resolvedAt: session.createdAt,
    });
    expect(await listed()).toEqual([done]);
  });

  it('T21 pages through the log exactly once, oldest first', async () => {
    const made = [];
    for (let count = 0; count < 5; count++) made.push(await stored({ text: String(count) }));
    const seen: SessionEntry[] = [];
    let after: SessionEntry['id'] | undefined;
    do {
      const page = await entries.list(session.workspaceId, session.id, {}, after, 2);
      seen.push(...page.items);
      after = page.next?.[0];
    } while (after !== undefined);
    expect(seen).toEqual(made);
  });

  it('filters the log by kind and by what is open', async () => {
    const progress = await stored();
    const open = await stored({ kind: 'question' });
    const done = await stored({ kind: 'question', resolvedAt: session.createdAt });
    expect(await listed({ kind: 'question' })).toEqual([open, done]);
    expect(await listed({ open: true })).toEqual([open]);
    expect(await listed({ open: false })).toEqual([done]);
    expect(await listed({ kind: 'progress', open: true })).toEqual([]);
    expect(await listed({ kind: 'progress' })).toEqual([progress]);
  });

  it('resolves what is open and leaves what was resolved before', async () => {
    const open = await stored({ kind: 'todo' });
    const done = await stored({ kind: 'error', resolvedAt: session.createdAt });
    const by = await stored();
    const at = new Date(session.createdAt.getTime() + 1);
    await entries.resolve(session.workspaceId, [open.id, done.id], by.id, at);
    expect(await listed({ open: false })).toEqual([{ ...open, resolvedAt: at, resolvedBy: by.id }, done]);
  });

  it('finds for resolving only what is in the project', async () => {
    const here = await stored({ kind: 'todo' });
    const elsewhere = await subject().newSession(session.workspaceId);
    const there = await stored({ kind: 'todo' }, elsewhere);
    const found = await entries.findForResolving(session.workspaceId, session.projectId, [here.id, there.id, newId()]);
    expect(found).toEqual([here]);
  });

  it('T41 shows, counts and resolves nothing of another workspace', async () => {
    const todo = await stored({ kind: 'todo' });
    const foreign = await subject().newSession();
    expect(await listed({}, { ...session, workspaceId: foreign.workspaceId })).toEqual([]);
    expect(await entries.findForResolving(foreign.workspaceId, session.projectId, [todo.id])).toEqual([]);
    expect(await entries.listOpenTodos(foreign.workspaceId, session.projectId, 10)).toEqual([]);
    expect(await entries.countOpenTodos(foreign.workspaceId, session.projectId)).toBe(0);
    expect(await entries.countWork(foreign.workspaceId, session.id, session.projectId)).toEqual([]);
    expect(await entries.listWork(foreign.workspaceId, session.id, session.projectId, 10)).toEqual([]);
    expect((await entries.listAll(foreign.workspaceId, session.id, session.projectId, undefined, 10)).items).toEqual(
      [],
    );
    await entries.resolve(foreign.workspaceId, [todo.id], todo.id, session.createdAt);
    expect(await listed()).toEqual([todo]);
  });

  it('lists the open todos of a project by urgency, then age, whichever session wrote them', async () => {
    const other = await subject().newSessionIn(session);
    const low = await stored({ kind: 'todo', priority: 'low' });
    const normal = await stored({ kind: 'todo' });
    const critical = await stored({ kind: 'todo', priority: 'critical' }, other);
    const second = await stored({ kind: 'todo' }, other);
    await stored({ kind: 'todo', priority: 'critical', resolvedAt: session.createdAt });
    await stored({ kind: 'question' });
    const { workspaceId, projectId } = session;
    expect(await entries.listOpenTodos(workspaceId, projectId, 10)).toEqual([critical, normal, second, low]);
    expect(await entries.listOpenTodos(workspaceId, projectId, 2)).toEqual([critical, normal]);
    expect(await entries.countOpenTodos(workspaceId, projectId)).toBe(4);
  });

  it('reports what a session left in one of its projects: the urgent and the newest of each kind', async () => {
    const { workspaceId, id, projectId } = session;
    const old = await stored({ text: 'old' });
    const newer = await stored({ text: 'newer' });
    const newest = await stored({ text: 'newest' });
    const low = await stored({ kind: 'todo', priority: 'low' });
    const high = await stored({ kind: 'todo', priority: 'high' });
    const normal = await stored({ kind: 'todo' });
    const resolved = await stored({ kind: 'error', resolvedAt: session.createdAt });
    const elsewhere = await subject().newSession(workspaceId);
    const switched = await stored({ projectId: elsewhere.projectId });

    expect(await entries.listWork(workspaceId, id, projectId, 2)).toEqual([newer, newest, high, normal]);
    expect(await entries.listWork(workspaceId, id, elsewhere.projectId, 2)).toEqual([switched]);
    expect(await entries.countWork(workspaceId, id, projectId)).toEqual([
      { kind: 'error', total: 1, open: 0 },
      { kind: 'progress', total: 3, open: 0 },
      { kind: 'todo', total: 3, open: 3 },
    ]);
    const first = await entries.listAll(workspaceId, id, projectId, undefined, 4);
    expect(first).toEqual({ items: [old, newer, newest, low], next: [low.id] });
    expect(await entries.listAll(workspaceId, id, projectId, low.id, 4)).toEqual({ items: [high, normal, resolved] });
  });
}
