import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { findVariableNotes } from '#config';

/** What is written in the environment and in the file `.env` of the current folder, and changes nothing. */
export function configurationNotes(): string[] {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  return findVariableNotes(process.env, file);
}
