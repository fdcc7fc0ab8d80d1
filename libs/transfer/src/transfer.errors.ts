import { DomainError } from '#kernel';

/** A line that can't be what it says, and which field of it. */
export function lineRefused(line: number, pointer: string, detail: string, cause?: unknown): DomainError {
  return new DomainError({
    code: 'import-line-invalid',
    kind: 'invalid',
    detail: `Line ${line} of the file is not valid: ${pointer === '' ? 'it' : pointer} ${detail}. Nothing was imported.`,
    issues: [{ pointer: `/lines/${line}${pointer}`, detail }],
    cause,
  });
}

/** The file is not whole, or not what was exported. */
export function fileBroken(detail: string, cause?: unknown): DomainError {
  return new DomainError({
    code: 'import-file-broken',
    kind: 'unprocessable',
    detail: `The file ${detail}. Nothing was imported.`,
    issues: [{ pointer: '', detail }],
    cause,
  });
}

export function fileUnknown(detail: string): DomainError {
  return new DomainError({
    code: 'import-format-unknown',
    kind: 'unprocessable',
    detail: `The file ${detail}. Nothing was imported.`,
    issues: [{ pointer: '/lines/1', detail }],
  });
}

export function fileTooLarge(limitBytes: number): DomainError {
  const detail = `is longer than ${limitBytes} bytes, packed or unpacked (IMPORT_LIMIT_BYTES)`;
  return new DomainError({
    code: 'import-too-large',
    kind: 'too-large',
    detail: `The file ${detail}. Nothing was imported.`,
    issues: [{ pointer: '', detail }],
  });
}

export function importRunning(): DomainError {
  return new DomainError({
    code: 'import-in-progress',
    kind: 'conflict',
    detail: 'Another import into this workspace is running. Try again when it is done.',
    retryAfterSeconds: 10,
  });
}

/** The ids of the file take each other's place: no export makes such a file. */
export function idsCollide(cause: unknown): DomainError {
  return new DomainError({
    code: 'import-ids-collide',
    kind: 'conflict',
    detail: 'Ids of the file collide with each other or with what was written meanwhile. Nothing was imported.',
    cause,
  });
}
