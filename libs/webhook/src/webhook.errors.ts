import { DomainError, InvalidInputError } from '#kernel';

export function webhookAddress(): DomainError {
  return new InvalidInputError(
    '/url',
    'must not name a private, local or reserved address; OUTBOUND_ALLOWED_NETWORKS allows networks of yours',
    { code: 'webhook-address' },
  );
}

/** Nothing is sent to it now. */
export function webhookDisabled(): DomainError {
  return new DomainError({
    code: 'webhook-disabled',
    kind: 'conflict',
    detail: 'The webhook is disabled. Enable it with PATCH /v1/webhooks/:id {"enabled": true}, then try again.',
  });
}

export function tooManyWebhooks(most: number): DomainError {
  return new DomainError({
    code: 'too-many-webhooks',
    kind: 'conflict',
    detail: `A workspace has at most ${most} webhooks. Delete one that is not used any more.`,
  });
}
