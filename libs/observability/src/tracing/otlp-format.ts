import type { SpanAttributes } from './tracer.js';

/*
 * The messages of OTLP 1.x in their JSON encoding (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding):
 * ids in hexadecimal, 64 bit integers as text.
 */

type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number };

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export enum SpanKind {
  internal = 1,
  server = 2,
  client = 3,
  consumer = 5,
}

export enum StatusCode {
  unset = 0,
  error = 2,
}

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly status: { readonly code: StatusCode };
}

/** The body of a request to `/v1/traces`. */
export interface ExportTraceServiceRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly OtlpSpan[];
    }[];
  }[];
}

export function otlpAttributes(attributes: SpanAttributes): KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValueOf(value) }));
}

/** @param monotonicMs as `performance.now()` says it */
export function unixNano(monotonicMs: number): string {
  const ms = performance.timeOrigin + monotonicMs;
  const whole = Math.floor(ms);
  // A double has no room for today's nanoseconds.
  return `${whole}${String(Math.floor((ms - whole) * 1e6)).padStart(6, '0')}`;
}

function anyValueOf(value: string | number | boolean): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
