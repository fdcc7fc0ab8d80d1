import { Injectable } from '@nestjs/common';
import type { WorkspaceId } from '#kernel';
import { UsageRepository } from '../persistence/usage.repository.js';
import { addUsage, type ModelUsage, NO_USAGE, type Usage, type UsagePeriod } from './usage.js';
import { UsageLedger } from './usage-ledger.js';

interface UsageReport extends Usage {
  readonly models: readonly ModelUsage[];
}

@Injectable()
export class UsageService {
  constructor(
    private readonly ledger: UsageLedger,
    private readonly repository: UsageRepository,
  ) {}

  /** Everything that this process did is in it; what others did in the last five seconds may not be. */
  async report(workspaceId: WorkspaceId, period: UsagePeriod): Promise<UsageReport> {
    await this.ledger.flush();
    const models = await this.repository.sum(workspaceId, period);
    return { ...models.map(pickUsage).reduce(addUsage, NO_USAGE), models };
  }
}

function pickUsage({ provider: _provider, model: _model, ...usage }: ModelUsage): Usage {
  return usage;
}
