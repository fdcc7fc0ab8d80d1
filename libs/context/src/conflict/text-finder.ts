import { Injectable } from '@nestjs/common';
import { type ContextId, type ProjectId, Registry, type WorkspaceId } from '#kernel';

/** A feature that finds contexts by their words. */
export interface TextFinder {
  /** The newest versions of their labels that hold the most of these words, best first. */
  findByWords(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    words: string,
    limit: number,
  ): Promise<readonly ContextId[]>;
}

/** Where that feature registers itself. Without it only sentences of one form are found. */
@Injectable()
export class TextFinders extends Registry<TextFinder> {}
