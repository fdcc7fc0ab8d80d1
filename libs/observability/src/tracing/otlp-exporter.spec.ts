import { OtlpExporter } from './otlp-exporter.js';
import { type ExportTraceServiceRequest, type OtlpSpan, SpanKind, StatusCode } from './otlp-format.js';

const config = {
  endpoint: 'http://collector.test/v1/traces',
  headers: { 'api-key': 'k' },
  timeoutMs: 1_000,
  sendEveryMs: 60_000,
  serviceName: 'memory',
  resourceAttributes: { 'deployment.environment.name': 'test' },
  sampleRatio: 1,
  followsParent: true,
};

const span = (name: string): OtlpSpan => ({
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  name,
  kind: SpanKind.server,
  startTimeUnixNano: '1700000000000000000',
  endTimeUnixNano: '1700000000000000001',
  attributes: [],
  status: { code: StatusCode.unset },
});

const messageIn = ({ body }: RequestInit) => JSON.parse(body as string) as ExportTraceServiceRequest;

/** A collector that answers what it is asked to, the last of it for ever. */
function exporterTo(...answers: (number | Error)[]) {
  const sent: { url: string; init: RequestInit }[] = [];
  const reported: string[] = [];
  const post = async (url: unknown, init: unknown): Promise<Response> => {
    sent.push({ url: String(url), init: init as RequestInit });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return new Response('{}', { status: answer });
  };
  const log = { warn: (text: string) => void reported.push(text), info: (text: string) => void reported.push(text) };
  const exporter = new OtlpExporter(config, log as never, post);
  const names = () =>
    sent.flatMap(({ init }) =>
      messageIn(init).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
      ),
    );
  return { exporter, sent, reported, names };
}

describe('the exporter of spans', () => {
  it('sends what is left when it is closed, with the headers and the resource of the configuration', async () => {
    const { exporter, sent, names, reported } = exporterTo(200);
    exporter.add(span('a'));
    exporter.add(span('b'));
    await exporter.close();
    expect(names()).toEqual(['a', 'b']);
    expect(sent[0]).toMatchObject({
      url: config.endpoint,
      init: { method: 'POST', headers: { 'api-key': 'k', 'content-type': 'application/json' } },
    });
    const resource = messageIn(sent[0]!.init).resourceSpans[0]!.resource;
    expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'memory' } });
    expect(resource.attributes).toContainEqual({
      key: 'deployment.environment.name',
      value: { stringValue: 'test' },
    });
    expect(reported).toEqual([]);
  });

  it('sends a full batch at once, and drops what a collector that hangs leaves no room for', async () => {
    const { exporter, sent } = exporterTo(200);
    for (let i = 0; i < 512; i++) exporter.add(span('a'));
    expect(sent).toHaveLength(1);
    for (let i = 0; i < 3_000; i++) exporter.add(span('b'));
    expect(exporter.dropped).toBe(3_000 - 2_048);
    await exporter.close();
  });

  it('reports once that a collector fails, by its host alone, and counts what is lost', async () => {
    const { exporter, reported } = exporterTo(400);
    exporter.add(span('a'));
    await exporter.close();
    exporter.add(span('b'));
    await exporter.close();
    expect(exporter.dropped).toBe(2);
    expect(reported).toEqual(['Traces are lost: the collector at collector.test fails: it answered 400']);
  });

  it('says when the collector is back', async () => {
    const { exporter, reported, names } = exporterTo(new TypeError('fetch failed'), 200);
    exporter.add(span('a'));
    await exporter.close();
    exporter.add(span('b'));
    await exporter.close();
    expect(exporter.dropped).toBe(1);
    expect(names()).toEqual(['a', 'b']);
    expect(reported.at(-1)).toBe('The collector of traces answers again.');
  });
});
