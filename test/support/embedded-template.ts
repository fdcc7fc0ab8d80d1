import { existsSync } from 'node:fs';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runKeepsake } from './child.js';

/** A note about the process that made the folder. */
const OF_THE_PROCESS = 'socket-folder';

/**
 * Copies an embedded database with the product's schema and nothing else into an empty folder: what `keepsake migrate`
 * leaves there, in a tenth of the time. The first who asks in a run of tests makes it.
 */
export async function copyEmbeddedTemplate(folder: string): Promise<void> {
  const template = process.env['TEST_EMBEDDED_TEMPLATE'];
  if (!template) throw new Error('TEST_EMBEDDED_TEMPLATE is not set: the setup of the jest project sets it');
  if (!existsSync(template)) await makeTemplate(template);
  await cp(template, folder, { recursive: true });
}

async function makeTemplate(template: string): Promise<void> {
  const made = await mkdtemp(join(dirname(template), 'making-'));
  const { code, stderr } = await runKeepsake(['migrate'], { env: { KEEPSAKE_DATA_DIR: made } });
  if (code !== 0) throw new Error(`the embedded database could not be migrated:\n${stderr}`);
  await rm(join(made, OF_THE_PROCESS), { force: true });
  // Another process of the same run may have been first; theirs is as good.
  await rename(made, template).catch(() => rm(made, { recursive: true }));
}
