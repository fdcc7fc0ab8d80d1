import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'statement-log.mjs')).href;

/** What servers ask their databases, by the request that they ask it for. */
export class StatementLog {
  private constructor(private readonly folder: string) {}

  static async open(): Promise<StatementLog> {
    return new StatementLog(await mkdtemp(join(tmpdir(), 'keepsake-statements-')));
  }

  /** For the environment of each server that is to be listened to. */
  get env(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import ${PRELOAD}`, TEST_STATEMENT_LOG: this.file };
  }

  /** All that was sent for a request until now; it was answered, so all of it. */
  async statementsOf(requestId: string): Promise<string[]> {
    const lines = (await readFile(this.file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines
      .map((line) => JSON.parse(line) as [string | null, string])
      .flatMap(([id, statement]) => (id === requestId ? [statement] : []));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private get file(): string {
    return join(this.folder, 'statements.jsonl');
  }
}
