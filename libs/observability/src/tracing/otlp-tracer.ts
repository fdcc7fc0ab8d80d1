import { randomBytes } from 'node:crypto';
import type { TracingConfig } from '#config';
import { type SpanAttributes, type TraceHeaders, Tracer, type TraceSpan } from './tracer.js';
import type { OtlpExporter } from './otlp-exporter.js';
import { otlpAttributes, type OtlpSpan, SpanKind, StatusCode, unixNano } from './otlp-format.js';

const LONGEST_TRACESTATE = 512;

/** Records spans and gives them to the exporter. */
export class OtlpTracer extends Tracer {
  constructor(
    private readonly exporter: OtlpExporter,
    private readonly config: Pick<TracingConfig, 'sampleRatio' | 'followsParent'>,
  ) {
    super();
  }

  start(
    name: string,
    kind: 'server' | 'consumer',
    attributes: SpanAttributes,
    sent: { readonly traceparent?: unknown; readonly tracestate?: unknown } = {},
  ): TraceSpan {
    const parent = parseTraceparent(sent.traceparent);
    const traceId = parent?.traceId ?? newTraceId();
    const isSampled = this.config.followsParent && parent !== undefined ? parent.isSampled : this.isSampled(traceId);
    const trace: Trace = { traceId, isSampled, tracestate: parent && tracestateOf(sent.tracestate) };
    if (!isSampled) return new UnrecordedSpan(trace);
    return new RecordedSpan(this.exporter, trace, parent?.spanId, name, SpanKind[kind], attributes);
  }

  close(): Promise<void> {
    return this.exporter.close();
  }

  /** By the trace's id, so that every server that sees the trace decides alike. */
  private isSampled(traceId: string): boolean {
    return Number.parseInt(traceId.slice(-13), 16) < this.config.sampleRatio * 2 ** 52;
  }
}

/** What all spans of a trace share. */
interface Trace {
  readonly traceId: string;
  readonly isSampled: boolean;
  readonly tracestate: string | undefined;
}

class RecordedSpan implements TraceSpan {
  private readonly spanId = randomBytes(8).toString('hex');
  private readonly startedMs = performance.now();
  private isEnded = false;

  constructor(
    private readonly exporter: OtlpExporter,
    private readonly trace: Trace,
    private readonly parentSpanId: string | undefined,
    private readonly name: string,
    private readonly kind: SpanKind,
    private attributes: SpanAttributes,
  ) {}

  get headers(): TraceHeaders {
    return headersOf(this.trace, this.spanId);
  }

  startChild(name: string, kind: 'internal' | 'client', attributes: SpanAttributes = {}): TraceSpan {
    return new RecordedSpan(this.exporter, this.trace, this.spanId, name, SpanKind[kind], attributes);
  }

  set(attributes: SpanAttributes): void {
    this.attributes = { ...this.attributes, ...attributes };
  }

  end(error?: unknown): void {
    if (this.isEnded) return;
    this.isEnded = true;
    if (error !== undefined) this.set({ 'error.type': error instanceof Error ? error.name : typeof error });
    const span: OtlpSpan = {
      traceId: this.trace.traceId,
      spanId: this.spanId,
      ...(this.parentSpanId === undefined ? {} : { parentSpanId: this.parentSpanId }),
      ...(this.trace.tracestate === undefined ? {} : { traceState: this.trace.tracestate }),
      name: this.name,
      kind: this.kind,
      startTimeUnixNano: unixNano(this.startedMs),
      endTimeUnixNano: unixNano(performance.now()),
      attributes: otlpAttributes(this.attributes),
      status: { code: error === undefined ? StatusCode.unset : StatusCode.error },
    };
    this.exporter.add(span);
  }
}

/** Of a trace that nobody records: others are informed. */
class UnrecordedSpan implements TraceSpan {
  private readonly spanId = randomBytes(8).toString('hex');

  constructor(private readonly trace: Trace) {}

  get headers(): TraceHeaders {
    return headersOf(this.trace, this.spanId);
  }

  startChild(): TraceSpan {
    return this;
  }

  set(): void {}
  end(): void {}
}

function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

function headersOf({ traceId, isSampled, tracestate }: Trace, spanId: string): TraceHeaders {
  const traceparent = formatTraceparent({ traceId, spanId, isSampled });
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}

/** Passed on as it came, where it is no burden. */
function tracestateOf(header: unknown): string | undefined {
  return typeof header === 'string' && header.length <= LONGEST_TRACESTATE && header !== '' ? header : undefined;
}

/** Where a span stands, as it is passed between servers (https://www.w3.org/TR/trace-context/). */
interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

/** Undefined for what is not valid: then the trace begins here. */
export function parseTraceparent(header: unknown): TraceParent | undefined {
  const [, version, traceId, spanId, flags, more] = typeof header === 'string' ? (TRACEPARENT.exec(header) ?? []) : [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // Version 00 has nothing after the flags; later ones may (section 3.2.4).
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

export function formatTraceparent({ traceId, spanId, isSampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}
