import { Injectable } from '@nestjs/common';
import { type ContextId, DomainError, type WorkspaceId } from '#kernel';
import { contextNotFound } from '../context.errors.js';
import type { Context } from '../context.js';
import { ContextLookup } from './context-lookup.js';
import { diffAnyTexts, type TextDiff } from './text-diff.js';

interface ContextDiff extends TextDiff {
  readonly from: Context;
  readonly to: Context;
}

@Injectable()
export class ContextDiffService {
  constructor(private readonly contexts: ContextLookup) {}

  /**
   * What changed between two versions of the label of this context, archived ones included.
   * @param versions absent: from the version before to this one
   * @throws DomainError `diff-too-complex`; `context-not-found` for the id, `version-not-found` naming `/from` or `/to`
   */
  async diff(workspaceId: WorkspaceId, id: ContextId, versions: { from?: number; to?: number }): Promise<ContextDiff> {
    const context = await this.contexts.findSummary(workspaceId, id);
    if (context === undefined) throw contextNotFound(id);
    const { project, label } = context;
    const versionOf = async (version: number, pointer: string): Promise<Context> => {
      const found = await this.contexts.findByLabel(workspaceId, { project, label, version });
      if (found === undefined) throw versionNotFound(label, version, pointer);
      return found;
    };
    const toVersion = versions.to ?? context.version;
    const from = await versionOf(versions.from ?? Math.max(1, toVersion - 1), '/from');
    const to = await versionOf(toVersion, '/to');
    return { from, to, ...(await diffAnyTexts({ from: side(from), to: side(to) })) };
  }
}

function side({ version, content }: Context): { name: string; text: string } {
  return { name: `version ${version}`, text: content };
}

function versionNotFound(label: string, version: number, pointer: string): DomainError {
  const detail = `There is no version ${version} of ${JSON.stringify(label)}.`;
  return new DomainError({
    code: 'version-not-found',
    kind: 'not-found',
    detail,
    issues: [{ pointer, in: 'query', detail: 'names no version of this label' }],
  });
}
