import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { KEY_FILE } from '#auth';
import { ConfigError } from '#config';
import { DataFolderLock } from '#database';

/** Where other commands find the server that owns a data folder. Lies beside its lock. */
const SERVER_FILE = 'server.json';

const serverSchema = z.object({ pid: z.int(), url: z.url() });

interface RunningServer {
  readonly pid: number;
  readonly url: string;
}

/** Informs the commands of this user where the server of the data folder listens, until `withdrawServer`. */
export function announceServer(dataDir: string, url: string): void {
  const server: RunningServer = { pid: process.pid, url };
  writeFileSync(join(dataDir, SERVER_FILE), JSON.stringify(server), { mode: 0o600 });
}

export function withdrawServer(dataDir: string): void {
  rmSync(join(dataDir, SERVER_FILE), { force: true });
}

/** The live server that owns the data folder. A file that a killed server left behind is recognised by the lock. */
export async function findRunningServer(dataDir: string): Promise<RunningServer | undefined> {
  const owner = await DataFolderLock.findOwner(dataDir);
  if (owner === undefined) return undefined;
  try {
    const server = serverSchema.parse(JSON.parse(readFileSync(join(dataDir, SERVER_FILE), 'utf8')));
    return server.pid === owner.pid ? server : undefined;
  } catch {
    // It has not written it yet, or can't be read by this user.
    return undefined;
  }
}

/**
 * The first key that the embedded database keeps in its folder.
 * @throws ConfigError where there is none, saying which variable names another one.
 */
export function readFirstKey(folder: string | undefined, wanted: string): string {
  if (folder === undefined) throw new ConfigError([`KEEPSAKE_KEY: write ${wanted}`]);
  const file = join(folder, KEY_FILE);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new ConfigError([`KEEPSAKE_KEY: write ${wanted} (there is none to be read in ${resolve(file)})`]);
  }
}
