import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { declareJob, HandlesJob } from '#queue';
import { KeywordIndex } from './persistence/keyword-index.js';

/** Far longer than a search is remembered. One that is older all the same is made again. */
const KEPT_MS = 3_600_000;

const searchChangesExpiry = declareJob({
  name: 'search-changes-expiry',
  payload: z.strictObject({}),
  retryLimit: 0,
  retryDelaySeconds: 1,
  timeoutSeconds: 60,
});

/** Forgets which pieces changed so long ago that no remembered search asks for it. It only keeps the table small. */
@Injectable()
export class SearchChangesExpiry {
  constructor(private readonly index: KeywordIndex) {}

  @HandlesJob(searchChangesExpiry, { everySeconds: 600 })
  async run(): Promise<void> {
    await this.index.forgetChanges(KEPT_MS);
  }
}
