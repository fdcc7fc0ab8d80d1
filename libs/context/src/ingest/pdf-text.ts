import { Injectable } from '@nestjs/common';
import { Threads } from '../worker-threads.js';
import type { PagesText } from './pdf-pages.js';

export interface PdfCommand {
  readonly bytes: Uint8Array;
  readonly maxLength: number;
}

/** What came of reading a PDF. */
export type PdfAnswer =
  | ({ readonly kind: 'read'; readonly title: string | undefined } & PagesText)
  | { readonly kind: 'refused'; readonly isEncrypted: boolean }
  /** It took more time or memory than a document may. */
  | { readonly kind: 'exhausted' };

/** Reads the text of PDFs, each in a thread of its own. */
@Injectable()
export class PdfText {
  private readonly threads = new Threads<PdfCommand, PdfAnswer>(new URL('./pdf-text.worker.js', import.meta.url));

  async read(bytes: Uint8Array, maxLength: number): Promise<PdfAnswer> {
    return (await this.threads.run({ bytes, maxLength })) ?? { kind: 'exhausted' };
  }
}
