import { newId, type ProjectId, type WorkspaceId } from '#kernel';
import type { ProjectRepository, Project } from '../project.js';

interface ProjectRepositorySubject {
  readonly projects: ProjectRepository;
  /** A stored workspace without projects. */
  newWorkspace(): Promise<WorkspaceId>;
}

const CREATED_AT = new Date('2030-01-01T00:00:00.000Z');

/** What every repository of projects does for one caller. */
export function projectRepositoryContract(subject: () => ProjectRepositorySubject): void {
  let projects: ProjectRepository;
  let workspaceId: WorkspaceId;

  beforeEach(async () => {
    projects = subject().projects;
    workspaceId = await subject().newWorkspace();
  });

  const project = (slug: string): Project => ({
    workspaceId,
    id: newId<ProjectId>(),
    slug,
    createdAt: CREATED_AT,
  });
  const slugsFrom = async (after: string | undefined, limit: number) => {
    const { items, next } = await projects.list(workspaceId, after, limit);
    return { slugs: items.map(({ slug }) => slug), next };
  };

  it('makes a project once, and gives the one that is there to everybody who asks again', async () => {
    const first = project('one');
    expect(await projects.ensure(first)).toEqual(first);
    expect(await projects.ensure(project('one'))).toEqual(first);
    expect(await projects.findBySlug(workspaceId, 'one')).toEqual(first);
    expect(await projects.findBySlug(workspaceId, 'two')).toBeUndefined();
  });

  it('T41 keeps the same slug of two workspaces apart', async () => {
    const here = await projects.ensure(project('one'));
    const elsewhere = await subject().newWorkspace();
    expect(await projects.findBySlug(elsewhere, 'one')).toBeUndefined();
    const there = await projects.ensure({ ...project('one'), workspaceId: elsewhere });
    expect(there.id).not.toBe(here.id);
    expect(await projects.delete(elsewhere, here.id)).toBe(false);
    expect(await projects.findBySlug(workspaceId, 'one')).toEqual(here);
  });

  it('T41 gives the slugs of ids, of its own workspace alone', async () => {
    const here = await projects.ensure(project('one'));
    const other = await projects.ensure({ ...project('two'), workspaceId: await subject().newWorkspace() });
    const found = await projects.slugsOf(workspaceId, [here.id, other.id]);
    expect([...found]).toEqual([[here.id, 'one']]);
  });

  it('T21 lists each once, in the order of their slugs, whichever way they are paged', async () => {
    const slugs = ['b', 'a-1', 'a', 'a.0', 'c', 'a_b', '0'];
    for (const slug of slugs) await projects.ensure(project(slug));
    const all = (await slugsFrom(undefined, 100)).slugs;
    expect(all.toSorted()).toEqual(slugs.toSorted());
    const paged: string[] = [];
    let after: string | undefined;
    do {
      const page = await slugsFrom(after, 2);
      paged.push(...page.slugs);
      after = page.next?.[0];
    } while (after !== undefined);
    expect(paged).toEqual(all);
  });

  it('deletes one, and reports whether there was one', async () => {
    const gone = await projects.ensure(project('one'));
    await projects.ensure(project('two'));
    expect(await projects.delete(workspaceId, gone.id)).toBe(true);
    expect(await projects.delete(workspaceId, gone.id)).toBe(false);
    expect((await slugsFrom(undefined, 10)).slugs).toEqual(['two']);
    expect((await projects.ensure(project('one'))).id).not.toBe(gone.id);
  });
}
