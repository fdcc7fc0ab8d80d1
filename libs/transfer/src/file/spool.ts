import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

const CHUNK_BYTES = 64 * 1024;

/**
 * A file on its way in or out, kept on disk so that memory holds none of it. It has no name any more once it is open:
 * however the process ends, nothing of it stays behind.
 */
export class Spool {
  private constructor(private readonly handle: FileHandle) {}

  static async open(): Promise<Spool> {
    const path = join(tmpdir(), `keepsake-transfer-${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600);
    await unlink(path);
    return new Spool(handle);
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  /** What was there before is gone. Takes no more than the disk does. */
  async fill(chunks: AsyncIterable<Buffer>): Promise<void> {
    await this.handle.truncate(0);
    let position = 0;
    for await (const chunk of chunks) {
      await this.write(chunk, position);
      position += chunk.length;
    }
  }

  /** From the beginning, as often as it is asked for; ending early closes nothing. */
  async *read(): AsyncGenerator<Buffer> {
    for (let position = 0; ;) {
      const { bytesRead, buffer } = await this.handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** For the last time: the file is gone with the end of the stream, or when it is destroyed. */
  release(): Readable {
    return this.handle.createReadStream({ start: 0, autoClose: true });
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  /** One call may write less than it is given. */
  private async write(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }
}
