import type { WorkspaceId } from '#kernel';
import {
  addUsage,
  type ModelUsage,
  NO_USAGE,
  type UsageLine,
  type UsagePeriod,
  UsageRepository,
} from '../ledger/usage.js';

/** A ledger in memory. `failNext` makes the next write fail. */
export class MemoryUsageRepository extends UsageRepository {
  writes = 0;
  failNext = false;
  private readonly lines: UsageLine[] = [];

  add(lines: readonly UsageLine[]): Promise<void> {
    this.writes++;
    if (this.failNext) {
      this.failNext = false;
      return Promise.reject(new Error('the database is away'));
    }
    this.lines.push(...lines);
    return Promise.resolve();
  }

  sum(workspaceId: WorkspaceId, { from = '', to = '9999' }: UsagePeriod): Promise<ModelUsage[]> {
    const sums = new Map<string, ModelUsage>();
    for (const line of this.lines) {
      if (line.workspaceId !== workspaceId || line.day < from || line.day > to) continue;
      const { provider, model } = line;
      const key = `${provider}/${model}`;
      sums.set(key, { provider, model, ...addUsage(sums.get(key) ?? NO_USAGE, line) });
    }
    return Promise.resolve([...sums].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, sum]) => sum));
  }
}
