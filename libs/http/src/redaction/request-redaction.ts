import { Injectable } from '@nestjs/common';
import { type DomainError, Registry, type WorkspaceId } from '#kernel';

/** How secrets are looked for in what a route stores. */
export interface RouteRedaction {
  /** Fields of the body that the route looks at itself. */
  readonly except?: readonly string[];
  /** A list of the body whose elements are refused one by one where its field `atomic` is false. */
  readonly apart?: string;
}

/** Metadata key of how secrets are looked for in the requests of a route; absent: they are not. */
export const REDACTION = 'keepsake:redaction';

/** In the place of an element that is refused by itself. */
export class RefusedElement {
  constructor(readonly error: DomainError) {}
}

/** What a request says. */
export interface RedactableRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly idempotencyKey: unknown;
}

/** Looks for secrets in requests before anything is done with them. */
export interface RequestRedaction {
  /**
   * Looks at the path, the query, the body and the idempotency key, and may change the body in place.
   * @throws DomainError for what is not to be stored
   */
  redact(request: RedactableRequest, workspaceId: WorkspaceId, route: RouteRedaction): Promise<void>;
  /** What was found for the request that is served now, also by the route itself; undefined: nothing. */
  report(): { readonly found: readonly unknown[]; readonly more: number } | undefined;
}

@Injectable()
export class RequestRedactions extends Registry<RequestRedaction> {}
