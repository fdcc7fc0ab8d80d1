import type { Tag } from '#cache';
import { alwaysCheckTag, anyContextTag, contextsTag, contextTag } from '#context';
import { anyHandoverTag, handoversTag } from '#handover';
import type { WorkspaceId } from '#kernel';
import { projectContentsTag, projectListTag, projectTag } from '#project';
import { sessionListTag, sessionLogTag, sessionTag, todosTag } from '#session';

/** What an administrator wants forgotten, in the terms of the product. */
export type InvalidationTarget =
  | { readonly kind: 'project'; readonly project: string }
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'context'; readonly id: string };

/** The tags that writes to it would fire. */
export function tagsOf(workspace: WorkspaceId, target: InvalidationTarget): readonly Tag[] {
  switch (target.kind) {
    case 'project': {
      const of = { workspace, project: target.project };
      return [
        projectTag(of),
        projectListTag(of),
        projectContentsTag(of),
        contextsTag(of),
        anyContextTag(of),
        alwaysCheckTag(of),
        handoversTag(of),
        anyHandoverTag(of),
        sessionListTag(of),
        todosTag(of),
      ];
    }
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
