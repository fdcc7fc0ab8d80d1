import { Injectable } from '@nestjs/common';
import type { Project } from './project.js';

/** How a feature counts what it keeps in a project. */
export interface ProjectContent {
  /** camelCase, plural, unique: `contexts`. Part of what callers see. */
  readonly name: string;
  count(project: Project): Promise<number>;
}

/** What a feature does when a project goes. Runs in the transaction of the deletion: nothing but SQL may be awaited. */
export type ProjectDeletionHook = (project: Project) => Promise<void>;

/** Where features register what they keep in projects when their module starts (`onModuleInit`). */
@Injectable()
export class ProjectCounters {
  private readonly contents = new Map<string, ProjectContent>();
  private readonly deletionHooks: ProjectDeletionHook[] = [];

  register(content: ProjectContent): void {
    if (this.contents.has(content.name)) throw new Error(`${content.name} are counted twice.`);
    this.contents.set(content.name, content);
  }

  /** Rows go with their project by themselves; this is for what is kept elsewhere, such as cached answers. */
  onDelete(hook: ProjectDeletionHook): void {
    this.deletionHooks.push(hook);
  }

  async deleted(project: Project): Promise<void> {
    for (const hook of this.deletionHooks) await hook(project);
  }

  /** By name, in alphabetical order. Counts zero everywhere where there is no project. */
  async count(project: Project | undefined): Promise<Readonly<Record<string, number>>> {
    const counts: [string, number][] = [];
    // One after the other: within a transaction there is one connection.
    for (const name of [...this.contents.keys()].sort()) {
      counts.push([name, project === undefined ? 0 : ((await this.contents.get(name)?.count(project)) ?? 0)]);
    }
    return Object.fromEntries(counts);
  }
}
