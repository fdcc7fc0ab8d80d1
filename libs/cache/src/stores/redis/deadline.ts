import { StoreUnavailableError } from '../shared-store.js';

/**
 * The reply, or a rejection when it has not come within `ms`. A reply that has reached this process counts, also where
 * the process was too busy to look: it is read before the wait is given up. So a long computation of ours is not taken
 * for an outage of theirs.
 */
export async function withDeadline<Reply>(reply: Promise<Reply>, ms: number): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // Sockets are read between the timers and this.
      setImmediate(() => reject(new StoreUnavailableError(`The server has not answered within ${ms} ms.`)));
    }, ms);
  });
  try {
    return await Promise.race([reply, late]);
  } finally {
    clearTimeout(timer);
  }
}
