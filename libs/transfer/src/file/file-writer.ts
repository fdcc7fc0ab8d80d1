import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createGzip } from 'node:zlib';
import { countOf, type FileCounts, type HeaderLine, noCounts, type PartLine, type ProjectLine } from './file-lines.js';
import type { Spool } from './spool.js';

/** Lines are packed in pieces of about this size. */
const CHUNK_BYTES = 64 * 1024;

/** Writes a file line by line: packed, with a checksum over what is unpacked. Waits for the disk, so that memory stays flat. */
export class FileWriter {
  private readonly hash = createHash('sha256');
  private readonly counts = noCounts();
  private pending: string[] = [];
  private pendingBytes = 0;

  private readonly gzip = createGzip();
  private readonly written: Promise<void>;

  /** What the spool held before is gone. */
  constructor(spool: Spool) {
    this.written = spool.fill(this.gzip);
    // A disk that is full is shown by the next write, or by the end.
    this.written.catch(() => undefined);
  }

  async write(line: HeaderLine | ProjectLine | PartLine): Promise<void> {
    const text = `${JSON.stringify(line)}\n`;
    this.hash.update(text);
    if (line.type !== 'header' && line.type !== 'project') this.counts[countOf[line.type]]++;
    await this.append(text);
  }

  /** Writes the last line, and resolves when all is on the disk. @returns how much there is of each kind */
  async end(): Promise<FileCounts> {
    const end = { type: 'end', counts: this.counts, sha256: this.hash.digest('hex') };
    await this.append(`${JSON.stringify(end)}\n`);
    await this.flush();
    this.gzip.end();
    await this.written;
    return this.counts;
  }

  private async append(text: string): Promise<void> {
    this.pending.push(text);
    this.pendingBytes += text.length;
    if (this.pendingBytes >= CHUNK_BYTES) await this.flush();
  }

  private async flush(): Promise<void> {
    const text = this.pending.join('');
    this.pending = [];
    this.pendingBytes = 0;
    if (this.gzip.destroyed) return this.written;
    if (!this.gzip.write(text)) await Promise.race([once(this.gzip, 'drain'), this.written]);
  }
}
