import { metricsOfATest } from '../testing/index.js';
import { HttpMetrics } from './http-metrics.js';
import { LATENCY_BUCKETS, LatencyHistogram } from './latency-histogram.js';

describe('metrics that are taken at the scrape', () => {
  it('are what they are at that moment, and forget what is gone', async () => {
    const { metrics, registry } = metricsOfATest();
    let values: [Record<string, string>, number][] = [[{ of: 'a' }, 1]];
    metrics.gauge('a_gauge', 'A gauge', () => values);
    metrics.counter('a_counter', 'A counter', async () => values);
    expect(await registry.metrics()).toContain('a_gauge{of="a"} 1');
    values = [[{ of: 'b' }, 2]];
    const text = await registry.metrics();
    expect(text).toContain('a_gauge{of="b"} 2');
    expect(text).toContain('a_counter{of="b"} 2');
    expect(text).not.toContain('of="a"');
  });

  it('leave out what can not be read, and report the rest', async () => {
    const { metrics, registry } = metricsOfATest();
    metrics.gauge('broken', 'Broken', () => Promise.reject(new Error('away')));
    metrics.gauge('whole', 'Whole', () => [[{}, 1]]);
    const text = await registry.metrics();
    expect(text).toContain('\nwhole 1');
    expect(text).not.toMatch(/^broken \d/m);
  });

  it('take the place of one of their name', async () => {
    const { metrics, registry } = metricsOfATest();
    metrics.gauge('again', 'First', () => [[{}, 1]]);
    metrics.gauge('again', 'Second', () => [[{}, 2]]);
    expect(await registry.metrics()).toContain('\nagain 2');
  });

  it('have histograms in the shape of Prometheus: cumulative buckets, sum and count', async () => {
    const { metrics, registry } = metricsOfATest();
    const histogram = new LatencyHistogram();
    for (const ms of [0.01, 0.3, 0.3, 60_000]) histogram.observe(ms);
    metrics.histogram('a_histogram', 'A histogram', () => [[{ of: 'a' }, histogram]]);
    const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('a_histogram'));
    expect(lines).toHaveLength(LATENCY_BUCKETS.length + 3);
    expect(lines).toContain('a_histogram_bucket{of="a",le="0.00005"} 1');
    expect(lines).toContain('a_histogram_bucket{of="a",le="0.0005"} 3');
    expect(lines).toContain('a_histogram_bucket{of="a",le="5"} 3');
    expect(lines).toContain('a_histogram_bucket{of="a",le="+Inf"} 4');
    expect(lines).toContain('a_histogram_count{of="a"} 4');
    expect(lines.find((line) => line.startsWith('a_histogram_sum'))).toMatch(/ 60\.00061/);
  });
});

describe('the metrics of requests', () => {
  it('are by method, template and status, and count those under way', async () => {
    const { metrics, registry } = metricsOfATest();
    const http = new HttpMetrics(metrics);
    for (let i = 0; i < 4; i++) http.began();
    http.ended('GET', '/v1/contexts/:id', 200, 2);
    http.ended('GET', '/v1/contexts/:id', 200, 3);
    http.ended('GET', undefined, 404, 1);
    const text = await registry.metrics();
    const name = 'http_request_duration_seconds_count';
    expect(text).toContain(`${name}{method="GET",route="/v1/contexts/:id",status="200"} 2`);
    expect(text).toContain(`${name}{method="GET",route="none",status="404"} 1`);
    expect(text).toContain('http_requests_in_flight 1');
  });
});
