import { Injectable } from '@nestjs/common';
import { Registry } from '#kernel';
import type { Handover } from './handover.js';

/** What other features do with a handover that is made. */
export interface HandoverObserver {
  /**
   * Called in the transaction that makes it, with its content written: nothing but SQL may be awaited, and a rejection takes
   * everything back. A session that goes on after it was handed over gets the same one made again.
   */
  onMade(handover: Handover): Promise<void>;
}

@Injectable()
export class HandoverObservers extends Registry<HandoverObserver> {
  async made(handover: Handover): Promise<void> {
    for (const observer of this.registered) await observer.onMade(handover);
  }
}
