import { DomainError } from '#kernel';

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
