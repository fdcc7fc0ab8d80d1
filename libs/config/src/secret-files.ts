import { readFileSync } from 'node:fs';

/** What container platforms hand over as files. */
export const SECRET_VARIABLES = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'REDIS_URL',
  'KEEPSAKE_BOOTSTRAP_KEY',
  'KEEPSAKE_KEY',
  'METRICS_TOKEN',
  'JWT_SECRET',
  'VOYAGE_API_KEY',
  'OPENAI_API_KEY',
] as const;

/**
 * The environment with each secret whose `<NAME>_FILE` names a file replaced by what that file holds, without the blanks
 * around it. Problems name the variable and say what to write; they repeat nothing of a secret.
 */
export function readSecretFiles(environment: NodeJS.ProcessEnv): {
  readonly environment: NodeJS.ProcessEnv;
  readonly problems: readonly string[];
} {
  const read: NodeJS.ProcessEnv = {};
  const problems: string[] = [];
  for (const name of SECRET_VARIABLES) {
    const file = environment[`${name}_FILE`]?.trim() ?? '';
    if (file === '') continue;
    if ((environment[name]?.trim() ?? '') !== '') {
      problems.push(`${name}_FILE: write either this or ${name}, not both`);
      continue;
    }
    try {
      read[name] = readFileSync(file, 'utf8').trim();
      if (read[name] === '') problems.push(`${name}_FILE: write the secret into ${file}; it is empty`);
    } catch (error) {
      const { code = 'unreadable' } = error as NodeJS.ErrnoException;
      problems.push(`${name}_FILE: write the path of a file that this user can read (${file}: ${code})`);
    }
  }
  return { environment: { ...environment, ...read }, problems };
}
