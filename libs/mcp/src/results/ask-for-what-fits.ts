import type { RestAnswer } from '../http/rest-api.js';
import { type FittedAnswer, isRefused } from './tool-result.js';

/** A list in an answer, and the argument that says how much of it is asked for. */
export interface AnsweredList {
  readonly name: string;
  readonly argument: string;
}

interface Asking {
  /** @param most the argument of the list, where fewer are asked for than the caller has */
  readonly ask: (most?: Readonly<Record<string, number>>) => Promise<RestAnswer>;
  /** What of an answer has room. */
  readonly fit: (answer: RestAnswer) => FittedAnswer;
}

/**
 * Asks a route again for fewer where its list has no room in an answer: the route cuts where its order ends, and says where the
 * rest is read on, while a cut of the answer would leave out what no cursor comes back to.
 * @returns the answer, and as much of it as has room; nothing of a refusal
 */
export async function askForWhatFits(
  list: AnsweredList | undefined,
  { ask, fit }: Asking,
): Promise<{ readonly answer: RestAnswer; readonly fitted: FittedAnswer | undefined }> {
  let answer = await ask();
  if (isRefused(answer)) return { answer, fitted: undefined };
  let fitted = fit(answer);
  if (list === undefined) return { answer, fitted };
  const total = countIn(answer.body, list);
  for (let room = countIn(fitted.value, list); room < countIn(answer.body, list); room = countIn(fitted.value, list)) {
    const fewer = await ask({ [list.argument]: Math.max(1, room) });
    // What belongs together may be more than has room: a part of it is better than nothing.
    const count = isRefused(fewer) ? 0 : countIn(fewer.body, list);
    if (count === 0 || count >= countIn(answer.body, list)) break;
    answer = fewer;
    fitted = fit(answer);
  }
  const shown = countIn(answer.body, list);
  if (shown === total) return { answer, fitted };
  const left = { pointer: `/${list.name}`, unit: 'items', shown, total } as const;
  return { answer, fitted: { ...fitted, cuts: [left, ...fitted.cuts] } };
}

function countIn(body: unknown, { name }: AnsweredList): number {
  return (body as Readonly<Record<string, readonly unknown[] | undefined>>)[name]?.length ?? 0;
}
