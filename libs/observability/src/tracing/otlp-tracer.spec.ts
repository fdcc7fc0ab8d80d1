import type { OtlpExporter } from './otlp-exporter.js';
import type { OtlpSpan } from './otlp-format.js';
import { OtlpTracer, parseTraceparent } from './otlp-tracer.js';

const SAMPLED = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function tracerOf({ sampleRatio = 1, followsParent = true } = {}) {
  const spans: OtlpSpan[] = [];
  const exporter = { add: (span: OtlpSpan) => void spans.push(span) } as unknown as OtlpExporter;
  return { tracer: new OtlpTracer(exporter, { sampleRatio, followsParent }), spans };
}

describe('traceparent', () => {
  it.each([
    [SAMPLED, true],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00', false],
    // Later versions may say more, and other flags mean nothing here.
    ['cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03-more', true],
  ])('%s is one', (header, isSampled) => {
    expect(parseTraceparent(header)).toEqual({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      isSampled,
    });
  });

  it.each([
    undefined,
    '',
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    `${SAMPLED}-more`,
    SAMPLED.toUpperCase(),
    SAMPLED.replace('00-', 'ff-'),
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
    SAMPLED.slice(0, -1),
  ])('%p is none', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});

describe('the tracer', () => {
  it('makes spans that know their parent, their time and what they ended with', () => {
    const { tracer, spans } = tracerOf();
    const root = tracer.start('GET /x', 'server', { 'http.route': '/x' }, { traceparent: SAMPLED });
    const child = root.startChild('database.statement', 'client', { rows: 2, share: 0.5, last: true });
    child.end(new TypeError('a secret'));
    child.end();
    root.set({ 'http.response.status_code': 200 });
    root.end();
    expect(spans).toHaveLength(2);
    const [statement, request] = spans as [OtlpSpan, OtlpSpan];
    expect(request).toMatchObject({ parentSpanId: '00f067aa0ba902b7', kind: 2, status: { code: 0 } });
    expect(statement).toMatchObject({ traceId: request.traceId, parentSpanId: request.spanId, kind: 3 });
    expect(statement.status).toEqual({ code: 2 });
    expect(statement.attributes).toEqual([
      { key: 'rows', value: { intValue: '2' } },
      { key: 'share', value: { doubleValue: 0.5 } },
      { key: 'last', value: { boolValue: true } },
      { key: 'error.type', value: { stringValue: 'TypeError' } },
    ]);
    expect(JSON.stringify(spans)).not.toContain('a secret');
    const [started, ended] = [BigInt(request.startTimeUnixNano), BigInt(request.endTimeUnixNano)];
    expect(Number(ended - started)).toBeGreaterThanOrEqual(0);
    expect(Math.abs(Number(started / 1_000_000n) - Date.now())).toBeLessThan(60_000);
  });

  it('decides by the trace alone, and follows whoever asks unless set otherwise', () => {
    const { tracer, spans } = tracerOf({ sampleRatio: 0 });
    tracer.start('a', 'server', {}, { traceparent: SAMPLED }).end();
    const off = tracer.start('b', 'server', {});
    off.startChild('c', 'client').end();
    off.end();
    expect(spans.map(({ name }) => name)).toEqual(['a']);
    expect(off.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    const own = tracerOf({ sampleRatio: 0, followsParent: false });
    own.tracer.start('a', 'server', {}, { traceparent: SAMPLED }).end();
    expect(own.spans).toEqual([]);
    const half = tracerOf({ sampleRatio: 0.5 });
    for (let i = 0; i < 400; i++) half.tracer.start('d', 'server', {}).end();
    expect(half.spans.length).toBeGreaterThan(120);
    expect(half.spans.length).toBeLessThan(280);
  });

  it('passes on what a vendor says of the trace it joins', () => {
    const { tracer } = tracerOf();
    const joined = tracer.start('a', 'server', {}, { traceparent: SAMPLED, tracestate: 'vendor=1' });
    expect(joined.startChild('b', 'client').headers.tracestate).toBe('vendor=1');
    expect(tracer.start('a', 'server', {}, { tracestate: 'vendor=1' }).headers.tracestate).toBeUndefined();
    const long = { traceparent: SAMPLED, tracestate: 'x'.repeat(513) };
    expect(tracer.start('a', 'server', {}, long).headers.tracestate).toBeUndefined();
  });
});
