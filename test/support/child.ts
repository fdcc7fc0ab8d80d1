import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { removeAtTheEnd } from '#test/setup/services/reaper.mjs';

const ROOT = join(import.meta.dirname, '../..');

/** A program that has come to its end. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface ChildOptions {
  /** Nothing else of this process's environment is passed on but the paths. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The root of the repository by default. */
  readonly cwd?: string;
  readonly input?: string;
}

/** Runs one command of the built product to its end. */
export function runKeepsake(args: readonly string[], options: ChildOptions = {}): Promise<Ended> {
  return runNode([join(ROOT, 'bin/keepsake.mjs'), ...args], options);
}

/** Runs a script of `test/`, which may use what the product is made of, as built. */
export function runScript(path: string, args: readonly string[], options: ChildOptions = {}): Promise<Ended> {
  return runNode([join(ROOT, 'test', path), ...args], options);
}

async function runNode(args: readonly string[], { env, cwd = ROOT, input = '' }: ChildOptions): Promise<Ended> {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(process.execPath, args, { cwd, env: { PATH, HOME, TMPDIR, ...env }, stdio: 'pipe' });
  if (child.pid === undefined) throw new Error('the program could not be started');
  const cleared = removeAtTheEnd({ kind: 'process', pid: child.pid, signal: 'SIGKILL' });
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  cleared();
  return { code: child.exitCode, stdout, stderr };
}
