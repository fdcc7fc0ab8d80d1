import { isUuid } from '#kernel';

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
