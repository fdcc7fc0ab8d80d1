import { type Tag, workspaceDeletionTag } from '#cache';
import { anyContextTag, contextTag } from '#context';
import type { WorkspaceId } from '#kernel';
import { projectTag } from '#project';
import { sessionListTag, sessionLogTag, sessionTag } from '#session';

/** What an administrator wants forgotten, in the terms of the product. */
export type InvalidationTarget =
  | { readonly kind: 'project'; readonly project: string }
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'context'; readonly id: string };

/** The tags that writes to it would fire. */
export function tagsOf(workspace: WorkspaceId, target: InvalidationTarget): readonly Tag[] {
  switch (target.kind) {
    // What is named by an id does not say its project: with it falls what is cached of the workspace's other projects.
    case 'project':
      return [projectTag({ workspace, project: target.project }), workspaceDeletionTag({ workspace })];
    case 'session': {
      const of = { workspace, id: target.id };
      return [sessionTag(of), sessionLogTag(of), sessionListTag(of)];
    }
    case 'context': {
      const of = { workspace, id: target.id };
      return [contextTag(of), anyContextTag(of)];
    }
  }
}
