import type { LeaseOutcome } from '../../protocol/lease.js';

/*
 * What a reply must look like. One that does not was the reply to something else, or is not of a Redis at all.
 */

export function isListOf<Reply>(
  replies: unknown,
  length: number,
  isExpected: (reply: unknown) => reply is Reply,
): replies is Reply[] {
  return Array.isArray(replies) && replies.length === length && replies.every((reply) => isExpected(reply));
}

export function isValue(reply: unknown): reply is Buffer | null {
  return reply === null || Buffer.isBuffer(reply);
}

export function isText(reply: unknown): reply is string {
  return typeof reply === 'string';
}

export function isCount(reply: unknown): reply is number {
  return typeof reply === 'number';
}

export function isLeaseOutcome(reply: unknown): reply is LeaseOutcome {
  return reply === 'acquired' || reply === 'held' || reply === 'changed';
}
