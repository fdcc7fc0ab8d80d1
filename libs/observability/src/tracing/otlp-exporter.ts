import type { Logger } from 'pino';
import type { TracingConfig } from '#config';
import { messageOf } from '#kernel';
import { type ExportTraceServiceRequest, otlpAttributes, type OtlpSpan } from './otlp-format.js';

const SPANS_PER_REQUEST = 512;
const MOST_WAITING = 2_048;

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
/** What another attempt may help against (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response). */
const RETRYABLE = new Set([429, 502, 503, 504]);

/**
 * Sends spans over OTLP/HTTP in JSON: in the background, many at once. A collector that is away costs the spans that it
 * misses, and one line in the log; requests never wait for it, and no more than 2,048 spans wait.
 */
export class OtlpExporter {
  private waiting: OtlpSpan[] = [];
  private sending: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;
  private readonly closing = new AbortController();
  private isFailing = false;
  /** Spans that nobody got. */
  dropped = 0;

  constructor(
    private readonly config: TracingConfig & { readonly endpoint: string },
    private readonly log: Pick<Logger, 'warn' | 'info'>,
    private readonly post: typeof fetch = fetch,
  ) {
    this.timer = setInterval(() => this.send(), config.sendEveryMs).unref();
  }

  add(span: OtlpSpan): void {
    if (this.waiting.length >= MOST_WAITING) {
      this.dropped++;
      return;
    }
    this.waiting.push(span);
    if (this.waiting.length >= SPANS_PER_REQUEST) this.send();
  }

  /** Sends what is left; a collector that does not answer is waited for once. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.closing.abort();
    await this.sending;
    this.send();
    await this.sending;
  }

  private send(): void {
    if (this.waiting.length === 0) return;
    this.sending ??= this.sendAll().finally(() => (this.sending = undefined));
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const spans = this.waiting.splice(0, SPANS_PER_REQUEST);
      const problem = await this.deliver(JSON.stringify(this.messageOf(spans)));
      if (problem !== undefined) this.dropped += spans.length;
      this.report(problem);
    }
  }

  /** @returns why it could not be delivered */
  private async deliver(body: string): Promise<string | undefined> {
    for (let attempt = 1; ; attempt++) {
      const { problem, isRetryable } = await this.attempt(body);
      if (problem === undefined || !isRetryable || attempt === ATTEMPTS || this.closing.signal.aborted) return problem;
      await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1), this.closing.signal);
    }
  }

  private async attempt(
    body: string,
  ): Promise<{ readonly problem: string | undefined; readonly isRetryable: boolean }> {
    const { endpoint, headers, timeoutMs } = this.config;
    try {
      const response = await this.post(endpoint, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      const { status } = response;
      return { problem: response.ok ? undefined : `it answered ${status}`, isRetryable: RETRYABLE.has(status) };
    } catch (error) {
      return { problem: messageOf(error), isRetryable: true };
    }
  }

  private messageOf(spans: readonly OtlpSpan[]): ExportTraceServiceRequest {
    const { serviceName, resourceAttributes } = this.config;
    const resource = { ...resourceAttributes, 'service.name': serviceName, 'process.pid': process.pid };
    return {
      resourceSpans: [
        { resource: { attributes: otlpAttributes(resource) }, scopeSpans: [{ scope: { name: 'keepsake' }, spans }] },
      ],
    };
  }

  /** The change is logged, not every failure. */
  private report(problem: string | undefined): void {
    if ((problem !== undefined) === this.isFailing) return;
    this.isFailing = problem !== undefined;
    if (problem === undefined) this.log.info('The collector of traces answers again.');
    else this.log.warn(`Traces are lost: the collector at ${new URL(this.config.endpoint).host} fails: ${problem}`);
  }
}

function pause(ms: number, end: AbortSignal): Promise<void> {
  return new Promise((go) => {
    const timer = setTimeout(go, ms);
    end.addEventListener('abort', () => (clearTimeout(timer), go()), { once: true });
  });
}
