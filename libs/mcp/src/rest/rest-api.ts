/** On whose behalf a call is made: what its own HTTP request would have carried. */
export interface RestCaller {
  /** The `Authorization` header, verified already for the request that the call belongs to. */
  readonly authorization: string;
  /** The `X-Keepsake-Workspace` header, where one was sent. */
  readonly workspace: string | undefined;
  readonly address: string;
  readonly requestId: string;
  /** Called before every call, which counts against the limits of its route. */
  readonly onCall?: () => void;
}

export interface RestCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
}

export interface RestAnswer {
  readonly status: number;
  /** Parsed; undefined where there is none. */
  readonly body: unknown;
  /** Of a refusal that ends by itself. */
  readonly retryAfterSeconds?: number;
}

/**
 * The product's own HTTP interface, called from inside. A call meets everything that it would meet from outside:
 * credential, scopes, workspace, rate limits, validation, the cache of answers, time limits. No status is an error.
 */
export abstract class RestApi {
  abstract call(caller: RestCaller, call: RestCall): Promise<RestAnswer>;
}
