import type { ActiveSpan, beginSpan } from '#observability';
import type { Load, LoadMany, ReadOptions, ReadReport } from '../read/read-options.js';

/** Begins a span of the request that the caller works for; undefined where nobody measures. */
export type BeginSpan = typeof beginSpan;

/** Hears how a read of a family was answered. */
export type ReportRead = (family: string, report: ReadReport) => void;

/** Reports what callers of the cache wait for: from the call to the answer, without what their loads ask elsewhere. */
export class CacheSpans {
  /** @param reportRead of every read of a request; absent where nobody listens */
  constructor(
    private readonly begin: BeginSpan | undefined,
    private readonly reportRead?: ReportRead,
  ) {}

  /** Undefined where nobody listens, and outside of requests: a read is then just a read. */
  beginRead(operation: 'cache.read' | 'cache.read-many', family: string): ReadSpan | undefined {
    const span = this.begin?.('cache', operation, () => ({ 'keepsake.cache.family': family }));
    return span === undefined ? undefined : new ReadSpan(span, this.reportRead?.bind(undefined, family));
  }

  operate<Answer>(
    operation: 'cache.get' | 'cache.count' | 'cache.invalidate' | 'cache.erase',
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const span = this.begin?.('cache', operation);
    return span === undefined ? work() : new ReadSpan(span).until(span.inside(work));
  }
}

/** One read of a request. */
class ReadSpan {
  constructor(
    private readonly span: ActiveSpan,
    private readonly reportRead?: (report: ReadReport) => void,
  ) {}

  loading<Value>(load: Load<Value>): Load<Value> {
    return (context) => this.span.apart(async () => load(context));
  }

  loadingMany<Params, Value>(loadMany: LoadMany<Params, Value>): LoadMany<Params, Value> {
    return (missing, context) => this.span.apart(() => loadMany(missing, context));
  }

  /** Traces and the log get how the read was answered. */
  reporting(options: ReadOptions | undefined): ReadOptions | undefined {
    const { span, reportRead } = this;
    if (!span.isTraced && reportRead === undefined) return options;
    return {
      ...options,
      report: (report) => {
        span.set({ 'keepsake.cache.status': report.status, 'keepsake.cache.tier': report.tier });
        reportRead?.(report);
        options?.report?.(report);
      },
    };
  }

  /** The log and the request get how each read of a bulk was answered. */
  get reportingEach(): ((report: ReadReport) => void) | undefined {
    return this.reportRead;
  }

  /** The very promise, so that a hit costs its caller no further turn of the queue. */
  until<Answer>(answer: Promise<Answer>): Promise<Answer> {
    void answer.then(
      () => this.span.end(),
      (error: unknown) => this.span.end(error),
    );
    return answer;
  }
}
