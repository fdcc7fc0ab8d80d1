import { DomainError } from '#kernel';
import { Threads } from '../threads.js';
import { diffTexts, type TextDiff } from './text-diff.js';

export interface DiffOrder {
  readonly from: { readonly name: string; readonly text: string };
  readonly to: { readonly name: string; readonly text: string };
}

/** Shorter texts are compared at once: it takes less time than a thread takes to start. */
const SHORT = 32 * 1024;

const threads = new Threads<DiffOrder, TextDiff>(new URL('./text-diff.worker.js', import.meta.url));

/**
 * `diffTexts`, of long texts outside of the event loop.
 * @throws DomainError `diff-too-complex`
 */
export async function diffAnyTexts(order: DiffOrder): Promise<TextDiff> {
  if (order.from.text.length + order.to.text.length <= SHORT) return diffTexts(order.from, order.to);
  const diff = await threads.run(order);
  if (diff !== undefined) return diff;
  throw new DomainError({
    code: 'diff-too-complex',
    kind: 'unprocessable',
    detail:
      'The two versions take more time or memory to compare than a request may. Read them, and compare them yourself.',
  });
}
