import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'statement-log.mjs')).href;

/** What servers ask their databases, by the request that they ask it for. */
export class StatementLog {
  /** By the request; null where it was for none. */
  private readonly statements = new Map<string | null, string[]>();
  private readBytes = 0;
  private reading: Promise<void> = Promise.resolve();

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
    this.reading = this.reading.then(() => this.readOn());
    await this.reading;
    return [...(this.statements.get(requestId) ?? [])];
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The whole lines that were written since it was read last. */
  private async readOn(): Promise<void> {
    const file = await open(this.file);
    try {
      const { size } = await file.stat();
      if (size === this.readBytes) return;
      const { buffer } = await file.read(Buffer.alloc(size - this.readBytes), 0, size - this.readBytes, this.readBytes);
      const whole = buffer.subarray(0, buffer.lastIndexOf('\n') + 1);
      this.readBytes += whole.length;
      for (const line of whole.toString('utf8').split('\n')) if (line !== '') this.keep(JSON.parse(line));
    } finally {
      await file.close();
    }
  }

  private keep([requestId, statement]: [string | null, string]): void {
    const known = this.statements.get(requestId);
    if (known === undefined) this.statements.set(requestId, [statement]);
    else known.push(statement);
  }

  private get file(): string {
    return join(this.folder, 'statements.jsonl');
  }
}
