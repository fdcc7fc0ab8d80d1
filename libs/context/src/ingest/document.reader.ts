import { isUtf8 } from 'node:buffer';
import { Injectable } from '@nestjs/common';
import type { DomainError } from '#kernel';
import {
  detectFormat,
  type DocumentSource,
  documentTooComplex,
  emptyDocument,
  MAX_DOCUMENT_LENGTH,
  type ReadDocument,
  unreadableDocument,
} from './document.js';
import { readAnyPage } from './html-page.js';
import { layoutOf } from './layout.js';
import { PdfText } from './pdf-text.js';

/** Makes plain words of documents. Reads nothing but what it is given: no link is followed. */
@Injectable()
export class DocumentReader {
  constructor(private readonly pdfs: PdfText) {}

  /**
   * @param pointer where the document stands in the request, for errors
   * @throws DomainError `document-unreadable`, `document-too-complex`, `document-empty`
   */
  async read({ bytes, format = detectFormat(bytes) }: DocumentSource, pointer: string): Promise<ReadDocument> {
    const read = format === 'pdf' ? await this.readPdf(bytes, pointer) : await readText(bytes, format, pointer);
    const text = read.text.replaceAll('\0', '').toWellFormed();
    if (text.trim() === '') {
      const detail = format === 'pdf' ? 'holds no text: its pages may be pictures' : 'holds no text';
      throw emptyDocument(pointer, detail);
    }
    const title = read.title
      ?.replaceAll(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 500)
      .toWellFormed();
    return { format, title: title === '' ? undefined : title, text, cut: read.cut };
  }

  private async readPdf(bytes: Uint8Array, pointer: string): Promise<Pick<ReadDocument, 'title' | 'text' | 'cut'>> {
    const answer = await this.pdfs.read(bytes, MAX_DOCUMENT_LENGTH);
    switch (answer.kind) {
      case 'read': {
        const { title, text, pages, pagesRead } = answer;
        const cut = pagesRead < pages ? `the text of ${pagesRead} of ${pages} pages was read` : undefined;
        return { title, text, cut };
      }
      case 'refused':
        throw unreadableDocument(pointer, answer.isEncrypted ? 'asks for a password' : 'is not a PDF that can be read');
      case 'exhausted':
        throw tooExpensive(pointer);
    }
  }
}

async function readText(
  bytes: Uint8Array,
  format: 'text' | 'markdown' | 'html',
  pointer: string,
): Promise<Pick<ReadDocument, 'title' | 'text' | 'cut'>> {
  if (!isUtf8(bytes)) throw unreadableDocument(pointer, 'is not UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  if (format === 'text') return { title: undefined, text, cut: undefined };
  if (format === 'markdown') return { title: titleOf(text), text, cut: undefined };
  const page = await readAnyPage(text);
  switch (page.kind) {
    case 'read':
      return { title: page.title ?? titleOf(page.text), text: page.text, cut: undefined };
    case 'too-deep':
      throw documentTooComplex(pointer, 'nests its elements too deep');
    case 'exhausted':
      throw tooExpensive(pointer);
  }
}

function tooExpensive(pointer: string): DomainError {
  return documentTooComplex(pointer, 'takes more time or memory to read than a document may');
}

/** The first heading. */
function titleOf(text: string): string | undefined {
  return layoutOf(text.slice(0, MAX_DOCUMENT_LENGTH)).headings[0]?.path;
}
