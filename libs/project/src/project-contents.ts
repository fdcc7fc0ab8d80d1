import { Injectable } from '@nestjs/common';
import type { Project } from './project.js';

/** How a feature counts what it keeps in a project. */
export interface ProjectContent {
  /** camelCase, plural, unique: `contexts`. Part of what callers see. */
  readonly name: string;
  count(project: Project): Promise<number>;
}

/** Where features register what they keep in projects when their module starts (`onModuleInit`). */
@Injectable()
export class ProjectContents {
  private readonly contents = new Map<string, ProjectContent>();

  register(content: ProjectContent): void {
    if (this.contents.has(content.name)) throw new Error(`${content.name} are counted twice.`);
    this.contents.set(content.name, content);
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
