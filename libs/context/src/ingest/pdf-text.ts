import { Worker } from 'node:worker_threads';
import { Injectable } from '@nestjs/common';
import type { PagesText } from './pdf-pages.js';

export interface PdfOrder {
  readonly bytes: Uint8Array;
  readonly maxLength: number;
}

/** What came of reading a PDF. */
export type PdfAnswer =
  | ({ readonly kind: 'read'; readonly title: string | undefined } & PagesText)
  | { readonly kind: 'refused'; readonly isEncrypted: boolean }
  /** It took more time or memory than a document may. */
  | { readonly kind: 'exhausted' };

const TIMEOUT_MS = 15_000;
const MEMORY_MB = 256;
/** Threads at once; who comes then waits. */
const AT_ONCE = 2;

/** Reads the text of PDFs, each in a thread of its own that is ended when it takes too long or too much memory. */
@Injectable()
export class PdfText {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** The bytes are the caller's no more. */
  async read(bytes: Uint8Array, maxLength: number): Promise<PdfAnswer> {
    if (this.running >= AT_ONCE) await new Promise<void>((settle) => this.waiting.push(settle));
    else this.running++;
    try {
      return await readInThread({ bytes, maxLength });
    } finally {
      const next = this.waiting.shift();
      // Whoever waits takes this place.
      if (next === undefined) this.running--;
      else next();
    }
  }
}

async function readInThread(order: PdfOrder): Promise<PdfAnswer> {
  const worker = new Worker(new URL('./pdf-text.worker.js', import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    // What the parser has to say about a broken file is nothing for the log.
    stdout: true,
    stderr: true,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<PdfAnswer>((settle) => {
      timer = setTimeout(() => settle({ kind: 'exhausted' }), TIMEOUT_MS);
      worker.once('message', settle);
      worker.once('error', () => settle({ kind: 'exhausted' }));
      worker.once('exit', () => settle({ kind: 'exhausted' }));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
