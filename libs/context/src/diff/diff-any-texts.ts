import { DomainError } from '#kernel';
import { Threads } from '../threads.js';
import { diffTexts, type TextDiff } from './text-diff.js';

export interface DiffCommand {
  readonly from: { readonly name: string; readonly text: string };
  readonly to: { readonly name: string; readonly text: string };
}

/** Shorter texts are compared at once: it takes less time than a thread takes to start. */
const SHORT = 32 * 1024;

const threads = new Threads<DiffCommand, TextDiff>(new URL('./text-diff.worker.js', import.meta.url));

/**
 * `diffTexts`, of long texts outside of the event loop.
 * @throws DomainError `diff-too-complex`
 */
export async function diffAnyTexts(command: DiffCommand): Promise<TextDiff> {
  if (command.from.text.length + command.to.text.length <= SHORT) return diffTexts(command.from, command.to);
  const diff = await threads.run(command);
  if (diff !== undefined) return diff;
  throw new DomainError({
    code: 'diff-too-complex',
    kind: 'unprocessable',
    detail:
      'The two versions take more time or memory to compare than a request may. Read them, and compare them yourself.',
  });
}
