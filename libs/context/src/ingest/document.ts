import { DomainError } from '#kernel';

export const documentFormats = ['text', 'markdown', 'html', 'pdf'] as const;
type DocumentFormat = (typeof documentFormats)[number];

/** What came in. */
export interface DocumentSource {
  /** Absent: recognised from the bytes. */
  readonly format?: DocumentFormat;
  readonly bytes: Uint8Array;
}

/** A document as plain words. Headings are marked by `#`, as in Markdown, in every format but `text`. */
export interface ReadDocument {
  readonly format: DocumentFormat;
  readonly title: string | undefined;
  readonly text: string;
  /** Why `text` is not all of it. */
  readonly cut: string | undefined;
}

/** Of the text that is kept, in UTF-16 units. */
export const MAX_DOCUMENT_LENGTH = 1_000_000;

/** `%PDF-` stands within the first bytes (ISO 32000-1, annex H.3.4.1). */
const PDF_WITHIN_BYTES = 1024;
const HTML = /^<(?:!doctype\s+html|html|head|body)\b/i;
const MARKDOWN = /^ {0,3}(?:#{1,6} +\S|`{3,}|~{3,})/m;

/** The format that bytes show themselves to be of; `text` where they show nothing. */
export function detectFormat(bytes: Uint8Array): DocumentFormat {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64 * 1024));
  if (head.subarray(0, PDF_WITHIN_BYTES).includes('%PDF-')) return 'pdf';
  const text = head.toString('utf8');
  if (HTML.test(withoutComments(text))) return 'html';
  return MARKDOWN.test(text) ? 'markdown' : 'text';
}

/** What stands behind the comments that a page may begin with. */
function withoutComments(text: string): string {
  let rest = text.trimStart();
  while (rest.startsWith('<!--')) {
    const end = rest.indexOf('-->', '<!--'.length);
    if (end < 0) return rest;
    rest = rest.slice(end + '-->'.length).trimStart();
  }
  return rest;
}

/** @param pointer where the document stands in the request */
function refused(code: string, pointer: string, detail: string, cause?: unknown): DomainError {
  return new DomainError({
    code,
    kind: 'unprocessable',
    detail: `The document ${detail}.`,
    issues: [{ pointer, detail }],
    cause,
  });
}

export function unreadableDocument(pointer: string, detail: string, cause?: unknown): DomainError {
  return refused('document-unreadable', pointer, detail, cause);
}

export function documentTooComplex(pointer: string, detail: string): DomainError {
  return refused('document-too-complex', pointer, detail);
}

export function emptyDocument(pointer: string, detail: string): DomainError {
  return refused('document-empty', pointer, detail);
}
