import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

/*
 * The messages as the specification has them (https://github.com/open-telemetry/opentelemetry-proto, trace/v1/trace.proto,
 * with the rules of its JSON encoding): what is not of this shape is refused as a collector would.
 */
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const unixNano = z.string().regex(/^[1-9]\d{18}$/);
const anyValue = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const keyValue = z.strictObject({ key: z.string().min(1), value: anyValue });
const span = z.strictObject({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: hex(16).optional(),
  traceState: z.string().optional(),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: unixNano,
  endTimeUnixNano: unixNano,
  attributes: z.array(keyValue),
  status: z.strictObject({ code: z.int().min(0).max(2) }),
});
const exportRequest = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: z.array(keyValue) }),
      scopeSpans: z.array(z.strictObject({ scope: z.strictObject({ name: z.string() }), spans: z.array(span) })),
    }),
  ),
});

/** A span as a person would look at it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string | undefined;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly durationMs: number;
  readonly hasFailed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'] as const;

/** A collector of traces on 127.0.0.1 that takes OTLP/HTTP in JSON at `/v1/traces`. */
export class OtlpCollector {
  readonly spans: CollectedSpan[] = [];
  /** Of the requests, in order. */
  readonly headers: IncomingHttpHeaders[] = [];
  /** What was not of the documented form. */
  readonly refused: string[] = [];
  /** Everything that was sent, as it came. */
  received = '';
  /** Answered instead of 200, once each. */
  readonly nextStatuses: number[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<OtlpCollector> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const collector = new OtlpCollector(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      void collector.answer(request, response);
    });
    return collector;
  }

  named(name: string): CollectedSpan[] {
    return this.spans.filter((one) => one.name === name);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    this.headers.push(request.headers);
    const status = request.url === '/v1/traces' ? (this.nextStatuses.shift() ?? this.take(body)) : 404;
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }

  private take(body: string): number {
    this.received += body;
    const message = exportRequest.safeParse(JSON.parse(body));
    if (!message.success) {
      this.refused.push(z.prettifyError(message.error));
      return 400;
    }
    for (const { resource, scopeSpans } of message.data.resourceSpans)
      for (const one of scopeSpans.flatMap(({ spans }) => spans))
        this.spans.push(collected(one, attributesOf(resource.attributes)));
    return 200;
  }
}

function collected(sent: z.infer<typeof span>, resource: Record<string, unknown>): CollectedSpan {
  return {
    traceId: sent.traceId,
    spanId: sent.spanId,
    parentSpanId: sent.parentSpanId,
    traceState: sent.traceState,
    name: sent.name,
    kind: KINDS[sent.kind - 1] as CollectedSpan['kind'],
    durationMs: Number(BigInt(sent.endTimeUnixNano) - BigInt(sent.startTimeUnixNano)) / 1e6,
    hasFailed: sent.status.code === 2,
    attributes: attributesOf(sent.attributes),
    resource,
  };
}

function attributesOf(pairs: readonly z.infer<typeof keyValue>[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
}
