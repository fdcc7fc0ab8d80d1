import { FILE_HEADERS_ONLY, formatPatch, structuredPatch, type StructuredPatchHunk } from 'diff';
import { DomainError } from '#kernel';
import { Threads } from '../worker-threads.js';

/**
 * Myers' algorithm costs the length of the texts times their difference. Up to this many changed lines it takes well
 * under half a second for texts of 1 MiB; the answer depends on the texts alone, never on how busy the machine is.
 */
const MAX_CHANGED_LINES = 1_000;

const CONTEXT_LINES = 3;

export interface TextDiff {
  /** In the unified format, with three lines of context; empty where the texts are the same. */
  readonly unified: string;
  readonly hunks: readonly StructuredPatchHunk[];
  readonly addedLines: number;
  readonly removedLines: number;
  /** False where the texts differ too much: everything between the first and the last difference is reported as replaced. */
  readonly minimal: boolean;
}

/** What turns one text into another, by lines. Applying it gives the second text exactly. */
export function diffTexts(from: { name: string; text: string }, to: { name: string; text: string }): TextDiff {
  const options = { context: CONTEXT_LINES, maxEditLength: MAX_CHANGED_LINES };
  const patch = structuredPatch(from.name, to.name, from.text, to.text, undefined, undefined, options);
  const hunks = patch?.hunks ?? [replacement(linesOf(from.text), linesOf(to.text))];
  const count = (sign: string) =>
    hunks.reduce((sum, hunk) => sum + hunk.lines.filter((line) => line.startsWith(sign)).length, 0);
  const unified =
    hunks.length === 0
      ? ''
      : formatPatch({ oldFileName: from.name, newFileName: to.name, hunks } as never, FILE_HEADERS_ONLY);
  return { unified, hunks, addedLines: count('+'), removedLines: count('-'), minimal: patch !== undefined };
}

/** One hunk over all that lies between what both texts begin and end with. */
function replacement(from: readonly string[], to: readonly string[]): StructuredPatchHunk {
  const most = Math.min(from.length, to.length);
  let head = 0;
  while (head < most && from[head] === to[head]) head++;
  let tail = 0;
  while (tail < most - head && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail++;
  const start = Math.max(0, head - CONTEXT_LINES);
  const after = Math.min(tail, CONTEXT_LINES);
  const oldEnd = from.length - tail;
  const newEnd = to.length - tail;
  return {
    oldStart: start + 1,
    newStart: start + 1,
    oldLines: oldEnd + after - start,
    newLines: newEnd + after - start,
    lines: [
      ...from.slice(start, head).flatMap((line) => marked(' ', line)),
      ...from.slice(head, oldEnd).flatMap((line) => marked('-', line)),
      ...to.slice(head, newEnd).flatMap((line) => marked('+', line)),
      ...from.slice(oldEnd, oldEnd + after).flatMap((line) => marked(' ', line)),
    ],
  };
}

/** With their line ends, so that a missing one at the end is a difference. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function marked(sign: string, line: string): string[] {
  return line.endsWith('\n') ? [`${sign}${line.slice(0, -1)}`] : [`${sign}${line}`, '\\ No newline at end of file'];
}

export interface DiffCommand {
  readonly from: { readonly name: string; readonly text: string };
  readonly to: { readonly name: string; readonly text: string };
}

/** Shorter texts are compared at once: it takes less time than a thread takes to start. */
const SHORT = 32 * 1024;

const threads = new Threads<DiffCommand, TextDiff>(new URL('./text-diff.worker.js', import.meta.url), true);

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
