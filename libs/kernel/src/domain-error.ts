/** What went wrong, in terms of the domain. An outer layer (HTTP, MCP, CLI) maps each kind to its own words. */
export const errorKinds = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not-found',
  'method-not-allowed',
  'conflict',
  'precondition-failed',
  'too-large',
  'unsupported-media-type',
  'expectation-failed',
  'unprocessable',
  'rate-limited',
  'internal',
  'upstream',
  'unavailable',
  'timeout',
] as const;

export type ErrorKind = (typeof errorKinds)[number];

/** One offending part of the input. */
export interface ErrorIssue {
  /** JSON Pointer (RFC 6901) into the part of the request that `in` names. */
  readonly pointer: string;
  /** `body` where absent. */
  readonly in?: 'body' | 'query' | 'path' | 'header';
  readonly detail: string;
}

interface DomainErrorOptions {
  /** Stable machine-readable name in kebab-case, part of the public contract. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** One sentence for the caller: what is wrong and, where it helps, what to send instead. Never a secret, never content. */
  readonly detail: string;
  readonly issues?: readonly ErrorIssue[];
  /** Seconds after which a retry can succeed, where known. */
  readonly retryAfterSeconds?: number;
  /** Of the resource at present, where a change was for another state of it; null: there is none. */
  readonly currentVersion?: number | null;
  readonly cause?: unknown;
}

/** The one error that services throw on purpose. Anything else that reaches an edge is a defect and is reported as `internal`. */
export class DomainError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly detail: string;
  readonly issues: readonly ErrorIssue[];
  readonly retryAfterSeconds: number | undefined;
  readonly currentVersion: number | null | undefined;

  constructor(options: DomainErrorOptions) {
    super(options.detail, { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.kind = options.kind;
    this.detail = options.detail;
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.currentVersion = options.currentVersion;
  }
}

/** The answer for a thing that does not exist in the caller's workspace, whether or not it exists in another. */
export class NotFoundError extends DomainError {
  constructor(what: string, id: string) {
    super({
      code: `${what.toLowerCase().replaceAll(' ', '-')}-not-found`,
      kind: 'not-found',
      detail: `${what} ${id} was not found.`,
    });
  }
}

/** Input that is well formed JSON but breaks a rule that a schema can't state. */
export class InvalidInputError extends DomainError {
  constructor(pointer: string, detail: string, options: { code?: string; in?: ErrorIssue['in'] } = {}) {
    super({
      code: options.code ?? 'invalid-input',
      kind: 'invalid',
      detail,
      issues: [{ pointer, detail, in: options.in }],
    });
  }
}

/** Gives a technology's own failure its meaning in the domain, where it has one. Edges ask it before they call an error a defect. */
export abstract class ErrorTranslator {
  abstract translate(error: unknown): DomainError | undefined;
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error that was thrown, or one that says what was thrown instead. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
