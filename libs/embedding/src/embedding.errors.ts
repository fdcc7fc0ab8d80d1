import { DomainError, InvalidInputError } from '#kernel';

/** The provider answered, but not with what was asked for. */
export function upstreamFailed(detail: string, cause?: unknown): DomainError {
  return new DomainError({ code: 'embedding-provider-failed', kind: 'upstream', detail, cause });
}

/** The provider can't be reached, or is known to be away and is left alone. */
export function providerUnavailable(detail: string, retryAfterSeconds?: number, cause?: unknown): DomainError {
  return new DomainError({
    code: 'embedding-provider-unavailable',
    kind: 'unavailable',
    detail,
    retryAfterSeconds,
    cause,
  });
}

export function providerTooSlow(detail: string, cause?: unknown): DomainError {
  return new DomainError({ code: 'embedding-provider-timeout', kind: 'timeout', detail, cause });
}

/** The provider refuses these texts, and would again. */
export function inputRefused(detail: string, cause?: unknown): DomainError {
  return new DomainError({
    code: 'embedding-input-refused',
    kind: 'unprocessable',
    detail,
    issues: [{ pointer: '/input', detail }],
    cause,
  });
}

export function embeddingsOff(): DomainError {
  return new DomainError({
    code: 'embeddings-off',
    kind: 'unavailable',
    detail: 'Embeddings are turned off on this server (EMBEDDING_PROVIDER=off).',
  });
}

export function noReranker(): DomainError {
  return new DomainError({
    code: 'no-reranker',
    kind: 'unavailable',
    detail: 'No reranker is configured on this server (RERANK_PROVIDER).',
  });
}

/** @param offered undefined where there is none */
export function unknownModel(asked: string, offered: string | undefined, where: 'body' | 'path' = 'body'): DomainError {
  const way =
    offered === undefined
      ? 'embeddings are turned off (EMBEDDING_PROVIDER=off)'
      : `leave model out or send ${JSON.stringify(offered)}; EMBEDDING_MODEL_ALIASES lists other names for it`;
  const detail = `The model ${JSON.stringify(asked)} is not offered here: ${way}`;
  return new DomainError({
    code: 'model-not-found',
    kind: 'not-found',
    detail: `${detail}.`,
    issues: [{ pointer: '/model', in: where, detail }],
  });
}

export function unsupportedDimensions(asked: number, model: string, supported: string): InvalidInputError {
  return new InvalidInputError('/dimensions', `${model} has no vectors of ${asked} dimensions; it has ${supported}`);
}

/** A call would go over a budget. */
export class BudgetExceededError extends DomainError {
  constructor(detail: string, retryAfterSeconds: number) {
    super({ code: 'embedding-budget-exceeded', kind: 'rate-limited', detail, retryAfterSeconds });
  }
}
