import { Body, Controller, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { ContextStoreService } from '../store/context-store.service.js';
import type { StoreOutcome } from '../store/context-draft.js';
import { RecallService } from '../recall/recall.service.js';
import {
  batchBody,
  batchResponse,
  checkItems,
  invalidItems,
  recallBody,
  toRecallCommand,
} from './context-batch.dto.js';
import { ContextPresenter } from './context-presenter.js';
import { noQuery } from './context.fields.js';
import { recalledResponse } from './context.response.js';

/** Of its limit. A batch costs far less than its texts one by one, and more than one of them. */
const BATCH_WEIGHT = 5;

@Controller('v1/contexts')
export class ContextBatchController {
  constructor(
    private readonly store: ContextStoreService,
    private readonly recalls: RecallService,
    private readonly responses: ContextPresenter,
  ) {}

  @Endpoint('POST /batch', {
    body: 'texts',
    summary: 'Store several texts: all or none, or each that can be stored',
    access: ['memory:write'],
    response: batchResponse,
    weight: BATCH_WEIGHT,
    redaction: { apart: 'items' },
  })
  async batch(
    @Caller() caller: Principal,
    @Body({ schema: batchBody }) body: z.infer<typeof batchBody>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
  ) {
    const checked = checkItems(body.items);
    const errors = checked.flatMap((item) => ('error' in item ? [item.error] : []));
    if (body.atomic && errors.length > 0) throw invalidItems(errors);
    const outcomes = body.atomic
      ? await this.store.storeAll(
          caller.workspaceId,
          body.project,
          checked.flatMap((item) => ('item' in item ? [item.item] : [])),
        )
      : await this.storeSome(caller, body.project, checked);
    return this.responses.batch(caller.workspaceId, outcomes);
  }

  @Endpoint('POST /recall', {
    summary: 'Read several contexts by label or id',
    access: ['memory:read'],
    status: 200,
    response: recalledResponse,
    longAnswer: true,
    onlyReads: true,
  })
  async recall(
    @Caller() caller: Principal,
    @Body({ schema: recallBody }) body: z.infer<typeof recallBody>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
  ) {
    const command = toRecallCommand(body);
    const recalled = await this.recalls.recall(caller.workspaceId, command);
    return this.responses.recalled(caller.workspaceId, recalled, command.asOf);
  }

  private async storeSome(
    caller: Principal,
    project: string,
    checked: ReturnType<typeof checkItems>,
  ): Promise<readonly StoreOutcome[]> {
    const valid = checked.flatMap((item, index) => ('item' in item ? [{ index, item: item.item }] : []));
    const outcomes = new Map<number, StoreOutcome>();
    if (valid.length > 0) {
      const stored = await this.store.storeEach(
        caller.workspaceId,
        project,
        valid.map(({ item }) => item),
        (position) => `/items/${valid[position]?.index}`,
      );
      for (const [position, outcome] of stored.entries()) outcomes.set(valid[position]!.index, outcome);
    }
    return checked.map((item, index) => ('error' in item ? item : (outcomes.get(index) as StoreOutcome)));
  }
}
