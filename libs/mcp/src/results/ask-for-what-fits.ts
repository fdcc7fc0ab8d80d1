import type { RestAnswer } from '../http/rest-api.js';
import type { Cut } from './fit-value.js';
import { isRefused } from './tool-result.js';

/** A list in an answer, and the argument that says how much of it is asked for. */
export interface AnsweredList {
  readonly name: string;
  readonly argument: string;
}

interface Asking {
  /** @param most the argument of the list, where fewer are asked for than the caller has */
  readonly ask: (most?: Readonly<Record<string, number>>) => Promise<RestAnswer>;
  /** How many items of the list have room in an answer. */
  readonly roomIn: (answer: RestAnswer, list: string) => number;
}

/**
 * Asks a route again for fewer where its list has no room in an answer: the route cuts where its order ends, and says where the
 * rest is read on, while a cut of the answer would leave out what no cursor comes back to.
 */
export async function askForWhatFits(
  list: AnsweredList | undefined,
  { ask, roomIn }: Asking,
): Promise<{ readonly answer: RestAnswer; readonly left?: Cut }> {
  let answer = await ask();
  if (list === undefined || isRefused(answer)) return { answer };
  const countIn = ({ body }: RestAnswer) =>
    (body as Readonly<Record<string, readonly unknown[]>>)[list.name]?.length ?? 0;
  const total = countIn(answer);
  for (let count = total; count > 1; count = countIn(answer)) {
    const room = roomIn(answer, list.name);
    if (room >= count) break;
    const fewer = await ask({ [list.argument]: Math.max(1, room) });
    // What belongs together may be more than has room: a part of it is better than nothing.
    if (isRefused(fewer) || countIn(fewer) === 0) break;
    answer = fewer;
  }
  const shown = countIn(answer);
  return shown < total ? { answer, left: { pointer: `/${list.name}`, unit: 'items', shown, total } } : { answer };
}
