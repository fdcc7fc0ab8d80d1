import { StoreUnavailableError } from '../shared-store.js';

/**
 * The reply, or a rejection when it has not come within `ms`. A reply that has reached this process counts, also where
 * the process was too busy to look: it is read before the wait is given up. So a long computation of ours is not taken
 * for an outage of theirs.
 */
export function withDeadline<Reply>(reply: Promise<Reply>, ms: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // Sockets are read between the timers and this.
      setImmediate(() => reject(new StoreUnavailableError(`The server has not answered within ${ms} ms.`)));
    }, ms);
    reply.then(
      (value) => {
        clearTimeout(timer);
        return resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        return reject(error);
      },
    );
  });
}
