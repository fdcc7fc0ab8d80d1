import { Injectable } from '@nestjs/common';
import { Registry } from '#kernel';
import type { Project } from './project.js';

/** How a feature counts what it keeps in a project. */
export interface ProjectContent {
  /** camelCase, plural, unique: `contexts`. Part of what callers see. */
  readonly name: string;
  count(project: Project): Promise<number>;
}

/**
 * What a feature does when a project goes. Rows go with their project by themselves; this is for what is kept
 * elsewhere, such as cached answers.
 */
export interface ProjectObserver {
  /** Runs in the transaction of the deletion: nothing but SQL may be awaited. */
  onProjectDeleted(project: Project): Promise<void>;
}

@Injectable()
export class ProjectObservers extends Registry<ProjectObserver> {
  async deleted(project: Project): Promise<void> {
    for (const observer of this.registered) await observer.onProjectDeleted(project);
  }
}

/** What features keep in projects. */
@Injectable()
export class ProjectCounters extends Registry<ProjectContent> {
  override register(content: ProjectContent): void {
    if (this.registered.some(({ name }) => name === content.name))
      throw new Error(`${content.name} are counted twice.`);
    super.register(content);
  }

  /** By name, in alphabetical order. Counts zero everywhere where there is no project. */
  async count(project: Project | undefined): Promise<Readonly<Record<string, number>>> {
    const counts: [string, number][] = [];
    // One after the other: within a transaction there is one connection.
    for (const content of this.registered.toSorted((one, other) => (one.name < other.name ? -1 : 1)))
      counts.push([content.name, project === undefined ? 0 : await content.count(project)]);
    return Object.fromEntries(counts);
  }
}
