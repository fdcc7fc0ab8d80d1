import { createHash } from 'node:crypto';

/**
 * A stored text as data: between two marks that no text can hold, since they are made of the text itself. The same text
 * and source give the same fence.
 * @param source where the text comes from, in words
 */
export function fenced(text: string, source: string): string {
  const mark = markOf(text);
  return `<memory-${mark} source="${escapeAttribute(source)}">\n${text}\n</memory-${mark}>`;
}

function markOf(text: string): string {
  let hash = text;
  do hash = createHash('sha256').update(hash).digest('hex');
  while (text.includes(hash.slice(0, 12)));
  return hash.slice(0, 12);
}

function escapeAttribute(value: string): string {
  return value.replaceAll(/[&"<>\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
