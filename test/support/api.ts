/** An answer as a client sees it. */
export interface ApiAnswer<Body> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON, else the text; undefined where there is none. */
  readonly body: Body;
}

interface ApiRequest {
  /** An object is sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Left-out and undefined parameters are not sent. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/** A client of the product's HTTP interface. No status is an error: a test looks at what it got. */
export class Api {
  constructor(
    private readonly url: string,
    private readonly key?: string,
  ) {}

  /** The same server with another credential; without one where none is given. */
  as(key?: string): Api {
    return new Api(this.url, key);
  }

  get<Body = any>(path: string, request?: ApiRequest): Promise<ApiAnswer<Body>> {
    return this.send('GET', path, request);
  }

  post<Body = any>(path: string, body?: unknown, request?: ApiRequest): Promise<ApiAnswer<Body>> {
    return this.send('POST', path, { ...request, body });
  }

  put<Body = any>(path: string, body?: unknown, request?: ApiRequest): Promise<ApiAnswer<Body>> {
    return this.send('PUT', path, { ...request, body });
  }

  patch<Body = any>(path: string, body?: unknown, request?: ApiRequest): Promise<ApiAnswer<Body>> {
    return this.send('PATCH', path, { ...request, body });
  }

  del<Body = any>(path: string, request?: ApiRequest): Promise<ApiAnswer<Body>> {
    return this.send('DELETE', path, request);
  }

  async send<Body = any>(method: string, path: string, request: ApiRequest = {}): Promise<ApiAnswer<Body>> {
    const url = new URL(path, this.url);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const response = await fetch(url, {
      method,
      headers: { ...this.credential(), ...contentType(request.body), ...request.headers },
      body: encoded(request.body),
      redirect: 'manual',
    });
    const text = await response.text();
    const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
    const body = text === '' ? undefined : isJson ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: body as Body };
  }

  private credential(): Record<string, string> {
    return this.key === undefined ? {} : { authorization: `Bearer ${this.key}` };
  }
}

/** A client for the server at this address; without a key its calls carry no credential. */
export function api(url: string, key?: string): Api {
  return new Api(url, key);
}

function contentType(body: unknown): Record<string, string> {
  return body === undefined || isRaw(body) ? {} : { 'content-type': 'application/json' };
}

function encoded(body: unknown): string | Uint8Array<ArrayBuffer> | undefined {
  if (body === undefined || isRaw(body)) return body;
  return JSON.stringify(body);
}

function isRaw(body: unknown): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' || body instanceof Uint8Array;
}
