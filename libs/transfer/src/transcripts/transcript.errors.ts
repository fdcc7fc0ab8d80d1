import { DomainError } from '#kernel';

const NOTHING = 'Nothing was imported.';

/** A place of a transcript that can't be what it says. @param pointer from the root of the file */
export function transcriptInvalid(pointer: string, detail: string, cause?: unknown): DomainError {
  return new DomainError({
    code: 'transcript-invalid',
    kind: 'invalid',
    detail: `The transcript is not valid: ${pointer === '' ? 'it' : pointer} ${detail}. ${NOTHING}`,
    issues: [{ pointer, detail }],
    cause,
  });
}

export function transcriptBroken(detail: string): DomainError {
  return new DomainError({
    code: 'transcript-broken',
    kind: 'unprocessable',
    detail: `The transcript ${detail}. ${NOTHING}`,
    issues: [{ pointer: '', detail }],
  });
}

export function transcriptUnknown(detail: string): DomainError {
  return new DomainError({
    code: 'transcript-format-unknown',
    kind: 'unprocessable',
    detail: `The transcript ${detail}. ${NOTHING} Known are message arrays of OpenAI and Anthropic, conversations.json of ChatGPT and Claude, and sessions of Claude Code and Codex.`,
    issues: [{ pointer: '', detail }],
  });
}

/** A transcript of a known form, of which nothing can be imported. @param left what it holds instead, and where the first is */
export function transcriptEmpty(left: readonly { readonly pointer: string; readonly detail: string }[]): DomainError {
  const what = left.map(({ pointer, detail }) => `${detail} (the first at ${pointer})`).join('; ');
  return new DomainError({
    code: 'transcript-empty',
    kind: 'unprocessable',
    detail: `The transcript holds no message that can be imported. What it holds is left out: ${what}. ${NOTHING}`,
    issues: left,
  });
}

/** @param most messages of one file */
export function transcriptTooLong(most: number): DomainError {
  const detail = `holds more than ${most} messages; import it in parts`;
  return new DomainError({
    code: 'import-too-large',
    kind: 'too-large',
    detail: `The transcript ${detail}. ${NOTHING}`,
    issues: [{ pointer: '', detail }],
  });
}
