import { Injectable } from '@nestjs/common';
import { type Principal, Registry } from '#kernel';

/** A credential that asked for more than it has. */
export interface RefusedCall {
  /** A rate limit of requests, or a budget of calls of providers. */
  readonly kind: 'limit' | 'budget';
  readonly principal: Pick<Principal, 'workspaceId' | 'id'>;
  /** Names of the limits that refused. */
  readonly limits: readonly string[];
}

/** What other features do with refusals. */
export interface LimitObserver {
  /** Called at each refusal, of which there may be many: it returns at once, and never throws. */
  onRefused(call: RefusedCall): void;
}

@Injectable()
export class LimitObservers extends Registry<LimitObserver> {
  refused(call: RefusedCall): void {
    for (const observer of this.registered) observer.onRefused(call);
  }
}
