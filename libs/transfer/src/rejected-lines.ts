import { textsOfMessageAt } from '#conversation';
import { type ForgottenTexts, type GivenText, type ImportTarget } from '#project';
import type { HandoverLine, PartLine } from './file/file-lines.js';

/**
 * Refuses lines of a file that hold a text which the project rejects.
 * @param number of the first of these lines in the file, from 1
 * @throws DomainError `context-rejected` naming lines and fields
 */
export function refuseRejected(
  forgotten: ForgottenTexts,
  target: ImportTarget,
  lines: readonly PartLine[],
  number: number,
): Promise<void> {
  return forgotten.refuse(
    target,
    lines.flatMap((line, index) => textsOf(line, `/lines/${number + index}`)),
  );
}

function textsOf(line: PartLine, pointer: string): readonly GivenText[] {
  switch (line.type) {
    case 'context':
      return [{ pointer: `${pointer}/content`, text: line.content }];
    case 'entry':
      return [{ pointer: `${pointer}/text`, text: line.text }];
    case 'message':
      return textsOfMessageAt(`${pointer}/content`, line.content);
    case 'session':
      return line.summary === null ? [] : [{ pointer: `${pointer}/summary`, text: line.summary }];
    case 'handover':
      return textsOfHandover(line).map((text) => ({ pointer: `${pointer}/content`, text }));
    default:
      return [];
  }
}

function textsOfHandover({ content }: HandoverLine): string[] {
  const { summary, nextSteps, workDone, decisions, openTodos, questions, errors, insights } = content;
  const sections = [workDone, decisions, openTodos, questions, errors, insights];
  return [summary ?? '', ...nextSteps, ...sections.flat().map(({ text }) => text)];
}
