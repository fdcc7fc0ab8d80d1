import { inProcessCache } from '#cache/testing';
import { FakeTransactionRunner } from '#database/testing';
import { newId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { ProjectCatalogueService } from './project-catalogue.service.js';
import { ProjectCounters, ProjectObservers } from './project-contents.js';
import { ProjectReader } from './project.reader.js';
import { ProjectService } from './project.service.js';
import { ListCache } from '#cache';
import { FakeProjectRepository } from './testing/fake-project.repository.js';

describe('ProjectCatalogueService', () => {
  const workspaceId = newId<WorkspaceId>();
  let contents: ProjectCounters;
  let service: ProjectService;
  let catalogue: ProjectCatalogueService;

  beforeEach(() => {
    const projects = new FakeProjectRepository();
    contents = new ProjectCounters();
    contents.register({ name: 'sessions', count: async () => 3 });
    contents.register({ name: 'contexts', count: async ({ slug }) => slug.length });
    const transactions = new FakeTransactionRunner();
    const cache = inProcessCache({ transactions });
    const reader = new ProjectReader(projects, cache);
    service = new ProjectService(projects, reader, cache, new ManualClock());
    catalogue = new ProjectCatalogueService(
      projects,
      service,
      contents,
      new ProjectObservers(),
      new ListCache(cache),
      cache,
      transactions,
    );
  });

  const slugs = async () => (await catalogue.list(workspaceId, undefined, 10)).items.map(({ slug }) => slug);

  it('always has default, and others once something was written to them', async () => {
    expect(await slugs()).toEqual(['default']);
    await service.ensure(workspaceId, 'one');
    expect(await slugs()).toEqual(['default', 'one']);
    expect((await catalogue.survey(newId<WorkspaceId>(), 'default')).project).toMatchObject({ slug: 'default' });
  });

  it('counts what every feature keeps, and nothing of a project that is not there, which it does not make', async () => {
    await service.ensure(workspaceId, 'one');
    const { counts } = await catalogue.survey(workspaceId, 'one');
    expect(Object.entries(counts)).toEqual([
      ['contexts', 3],
      ['sessions', 3],
    ]);
    expect(await catalogue.survey(workspaceId, 'two')).toEqual({
      project: undefined,
      counts: { contexts: 0, sessions: 0 },
    });
    expect(await slugs()).not.toContain('two');
  });

  it('refuses a name that is counted twice', () => {
    expect(() => contents.register({ name: 'contexts', count: async () => 0 })).toThrow('counted twice');
  });

  it.each(['', 'on', 'One'])('deletes nothing where the slug is confirmed by %j', async (confirm) => {
    await service.ensure(workspaceId, 'one');
    await expect(catalogue.delete(workspaceId, 'one', confirm)).rejects.toMatchObject({
      code: 'deletion-not-confirmed',
      issues: [{ pointer: '/confirm', in: 'query' }],
    });
    expect(await slugs()).toContain('one');
  });

  it('T42 deletes with confirmation, says what went, and knows nothing of it afterwards', async () => {
    await service.ensure(workspaceId, 'one');
    expect(await catalogue.delete(workspaceId, 'one', 'one')).toEqual({ contexts: 3, sessions: 3 });
    expect(await slugs()).toEqual(['default']);
    const gone = { code: 'project-not-found', kind: 'not-found' };
    await expect(catalogue.delete(workspaceId, 'one', 'one')).rejects.toMatchObject(gone);
    await service.ensure(workspaceId, 'two');
    await expect(catalogue.delete(newId<WorkspaceId>(), 'two', 'two')).rejects.toMatchObject(gone);
  });

  it('empties default, which is there again at once', async () => {
    const { project: before } = await catalogue.survey(workspaceId, 'default');
    await catalogue.delete(workspaceId, 'default', 'default');
    const { project: after } = await catalogue.survey(workspaceId, 'default');
    expect(after).toMatchObject({ slug: 'default' });
    expect(after?.id).not.toBe(before?.id);
  });
});
