import { readFileSync } from 'node:fs';

/** Of the installed package; its root is four folders above this file, as built. */
export function version(): string {
  const text = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
