import type { ErrorIssue } from '#kernel';

/** Deeper JSON is refused: no client needs it, and recursive code must not meet it. */
export const MAX_JSON_DEPTH = 64;

/**
 * Finds what no field accepts, whatever its schema: NUL, which PostgreSQL can't store in text; lone surrogates,
 * which have no UTF-8 form and so could not be given back byte for byte; nesting beyond `MAX_JSON_DEPTH`.
 * Walks iteratively, in time linear in the size of the value. Stops at the first finding.
 * @param isLeftOut fields of the whole that somebody else looks at
 */
export function findUnsafeText(
  value: unknown,
  isLeftOut: (name: string) => boolean = () => false,
): Pick<ErrorIssue, 'pointer' | 'detail'> | undefined {
  const pending: Place[] = [{ value, name: '', parent: undefined, depth: 0 }];
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    const { value: part, depth } = place;
    if (typeof part === 'string') {
      const detail = unsafeDetail(part);
      if (detail !== undefined) return { pointer: pointerOf(place), detail };
    } else if (typeof part === 'object' && part !== null) {
      if (depth >= MAX_JSON_DEPTH)
        return { pointer: pointerOf(place), detail: `is nested more than ${MAX_JSON_DEPTH} levels deep` };
      for (const name of Object.keys(part)) {
        if (depth === 0 && isLeftOut(name)) continue;
        const child = {
          value: (part as Readonly<Record<string, unknown>>)[name],
          name,
          parent: place,
          depth: depth + 1,
        };
        const detail = unsafeDetail(name);
        if (detail !== undefined) return { pointer: pointerOf(child), detail: `has a name that ${detail}` };
        if (typeof child.value === 'string' || (typeof child.value === 'object' && child.value !== null))
          pending.push(child);
      }
    }
  }
  return undefined;
}

/** A value, and where it stands: pointers are made for what is found alone. */
interface Place {
  readonly value: unknown;
  readonly name: string;
  readonly parent: Place | undefined;
  readonly depth: number;
}

function pointerOf(place: Place): string {
  const names: string[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) names.push(`/${escapePointer(at.name)}`);
  return names.reverse().join('');
}

/** Whether JSON is nested beyond `MAX_JSON_DEPTH`; for bodies whose texts are looked at elsewhere. Iterative, linear. */
export function isNestedTooDeep(value: unknown): boolean {
  const pending: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    const depth = next.depth + 1;
    if (depth > MAX_JSON_DEPTH) return true;
    for (const child of Object.values(next.value)) pending.push({ value: child, depth });
  }
  return false;
}

function unsafeDetail(text: string): string | undefined {
  if (text.includes('\0')) return 'contains NUL (U+0000), which can not be stored';
  return text.isWellFormed() ? undefined : 'contains a lone surrogate, which is not valid Unicode';
}

/** One reference token of a JSON Pointer (RFC 6901, section 3). */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
