import { Injectable } from '@nestjs/common';
import { type Labels, ScrapedMetrics } from './scraped-metrics.js';
import { LatencyHistogram } from './latency-histogram.js';

interface Answered {
  readonly labels: Labels;
  readonly histogram: LatencyHistogram;
}

/** How long requests take, by the template of their route: never by path, which would name things. */
@Injectable()
export class HttpMetrics {
  private readonly answered = new Map<string, Answered>();
  private inFlight = 0;

  constructor(metrics: ScrapedMetrics) {
    metrics.histogram(
      'http_request_duration_seconds',
      'Time from the first line of a request to the end of its answer',
      () => [...this.answered.values()].map(({ labels, histogram }) => [labels, histogram]),
    );
    metrics.gauge('http_requests_in_flight', 'Requests that are not answered yet', () => [[{}, this.inFlight]]);
  }

  began(): void {
    this.inFlight++;
  }

  /** @param route the template; undefined for a path that no route has */
  ended(method: string, route: string | undefined, status: number, ms: number): void {
    this.inFlight--;
    const key = `${method} ${status} ${route ?? ''}`;
    let answered = this.answered.get(key);
    if (answered === undefined) {
      const labels = { method, route: route ?? 'none', status: String(status) };
      answered = { labels, histogram: new LatencyHistogram() };
      this.answered.set(key, answered);
    }
    answered.histogram.observe(ms);
  }
}
