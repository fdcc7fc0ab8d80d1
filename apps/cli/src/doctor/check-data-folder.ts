import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DataFolderLock, describeOwner } from '#database';
import { findRunningServer } from '../server/running-server.js';
import { type Finding, ok, unavailable, warning } from './finding.js';

const PART = 'data folder';

export async function checkDataFolder(dataDir: string): Promise<Finding> {
  const folder = resolve(dataDir);
  if (!existsSync(folder)) {
    const parent = nearestExisting(folder);
    if (!statSync(parent).isDirectory())
      return unavailable(
        PART,
        `${folder} can't be made: ${parent} is not a folder. Set KEEPSAKE_DATA_DIR to another place.`,
      );
    return canWrite(parent)
      ? ok(PART, `${folder} will be made at the first start.`)
      : unavailable(
          PART,
          `${folder} can't be made: ${parent} is not writable. Set KEEPSAKE_DATA_DIR to a folder that is.`,
        );
  }
  if (!statSync(folder).isDirectory())
    return unavailable(PART, `${folder} is not a folder. Set KEEPSAKE_DATA_DIR to one.`);
  if (!canWrite(folder))
    return unavailable(PART, `${folder} is not writable. Give it to this user, or set KEEPSAKE_DATA_DIR.`);
  const owner = await DataFolderLock.findOwner(folder);
  if ((statSync(folder).mode & 0o077) !== 0)
    return warning(PART, `${folder} can be entered by other users. Write: chmod 700 ${folder}`);
  if (owner === undefined) return ok(PART, `${folder} is free.`);
  const server = await findRunningServer(folder);
  return ok(
    PART,
    `${folder} is in use by ${describeOwner(owner)}${server === undefined ? '' : `, the server at ${server.url}`}.`,
  );
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
