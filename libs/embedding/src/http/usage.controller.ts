import { Controller, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '#auth';
import { dayField, Endpoint } from '#http';
import type { Principal } from '#kernel';
import { UsageService } from '../ledger/usage-ledger.js';

const usageQuery = z.strictObject({
  from: dayField().optional().meta({ description: 'First day (UTC).' }),
  to: dayField().optional().meta({ description: 'Last day (UTC).' }),
});

const usage = {
  calls: z.int().meta({ description: 'Calls of the provider that answered.' }),
  cachedCalls: z.int().meta({ description: 'Requests that needed no call.' }),
  texts: z.int(),
  cachedTexts: z.int(),
  tokens: z.int(),
  savedTokens: z.int().meta({ description: 'Estimated.' }),
  costUsd: z.number(),
  savedUsd: z.number().meta({ description: 'Estimated.' }),
};

const usageResponse = z
  .object({ ...usage, models: z.array(z.object({ provider: z.string(), model: z.string(), ...usage })) })
  .meta({ id: 'Usage' });

@Controller('v1/usage')
export class UsageController {
  constructor(private readonly usages: UsageService) {}

  @Endpoint('GET ', {
    summary: 'What embedding has cost this workspace, and what the cache has saved; up to five seconds behind',
    access: ['embeddings'],
    response: usageResponse,
  })
  async report(@Caller() caller: Principal, @Query({ schema: usageQuery }) query: z.infer<typeof usageQuery>) {
    return this.usages.report(caller.workspaceId, query);
  }
}
