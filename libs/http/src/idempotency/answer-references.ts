import { isUuid } from '#kernel';

/** Things with which the stored answer of an idempotent request is removed. */
export interface AnswerReferences {
  /** Of what it refers to: with the first of them that is deleted. */
  readonly ids: readonly string[];
  /** Of conversations whose messages it counts: with the first of these messages that is deleted. */
  readonly countedIds: readonly string[];
}

const reported = new WeakMap<object, AnswerReferences>();

/** Says of what the answer of a request speaks without naming its id. The last call for a request counts. */
export function answerRefersTo(request: object, { ids = [], countedIds = [] }: Partial<AnswerReferences>): void {
  reported.set(request, { ids, countedIds });
}

/** What the answer of a request refers to: what was reported, and every id in the answer. */
export function referencesOf(request: object, answer: unknown): AnswerReferences {
  const { ids = [], countedIds = [] } = reported.get(request) ?? {};
  return { ids: [...new Set([...ids, ...referencedIds(answer)])], countedIds };
}

/** The ids of things that an answer refers to, at any depth, each once. Time linear in the size of the answer. */
export function referencedIds(answer: unknown): string[] {
  const found = new Set<string>();
  const pending: unknown[] = [answer];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (typeof part !== 'object' || part === null || ArrayBuffer.isView(part)) continue;
    for (const [name, value] of Object.entries(part)) {
      if (namesIds(name)) for (const id of [value].flat()) if (typeof id === 'string' && isUuid(id)) found.add(id);
      if (typeof value === 'object' && value !== null) pending.push(value);
    }
  }
  return [...found];
}

/** `id`, `sessionId`, `contextIds` and their kind. */
function namesIds(name: string): boolean {
  return name === 'id' || name.endsWith('Id') || name.endsWith('Ids');
}
