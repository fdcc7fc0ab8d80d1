/** Whether `If-None-Match` names the current state, so that the answer is 304 (RFC 9110, section 13.1.2: weak comparison). */
export function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return entityTagsOf(ifNoneMatch).some((tag) => opaqueOf(tag) === opaqueOf(etag));
}

/** Commas may stand inside a tag, so the list is not simply split. */
function entityTagsOf(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

function opaqueOf(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
