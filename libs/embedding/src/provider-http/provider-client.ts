import { Logger } from '@nestjs/common';
import { type Clock, DomainError, readCapped } from '#kernel';
import { measured, traceHeaders } from '#observability';
import { inputRefused, providerTooSlow, providerUnavailable, upstreamFailed } from '../embedding.errors.js';
import { type BreakerOptions, ProviderBreaker } from './provider-breaker.js';
import { askedDelayMs, backoffMs, type Timer } from './retry-delay.js';

export interface ProviderClientOptions {
  /** For messages: `voyage`. */
  readonly name: string;
  /** One request and its answer. */
  readonly attemptTimeoutMs: number;
  /** All attempts and the pauses between them. */
  readonly overallTimeoutMs: number;
  readonly maxAttempts: number;
  readonly breaker: BreakerOptions;
}

interface ProviderRequest<Answer> {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly maxResponseBytes: number;
  /** Checks a parsed answer. @throws MalformedAnswerError; a DomainError where the call was wrong, which counts against nobody */
  readonly decode: (body: unknown) => Answer;
  readonly signal?: AbortSignal;
  readonly beforeRequest?: () => Promise<void>;
}

/** The provider answered 200 with something else than was asked for. The message says what, without content. */
export class MalformedAnswerError extends Error {
  override readonly name = 'MalformedAnswerError';
}

const BACKOFF_BASE_MS = 250;
const BACKOFF_CAP_MS = 8_000;
const MOST_OF_AN_ERROR = 64 * 1024;

/** How one attempt failed, and whether another may help. */
interface Failure {
  readonly error: DomainError;
  readonly isRetryable: boolean;
  /** Whether it says that the provider is in trouble. */
  readonly countsAgainstProvider: boolean;
  /** What the provider asks for. */
  readonly delayMs?: number;
}

/**
 * Posts JSON to a provider under one policy: a timeout for each attempt and one for the whole, retries with full
 * jitter on 429, 5xx and a broken connection, the provider's own `Retry-After` honoured where it fits the whole, a
 * breaker, a cap on the size of the answer. Settles within the overall timeout, always.
 *
 * The credential is in the headers alone: it is in no message and no log.
 */
export class ProviderClient {
  readonly breaker: ProviderBreaker;
  private readonly logger = new Logger('EmbeddingProvider');

  constructor(
    private readonly options: ProviderClientOptions,
    private readonly clock: Clock,
    private readonly timer: Timer,
    private readonly random: () => number = Math.random,
  ) {
    this.breaker = new ProviderBreaker(clock, options.breaker);
  }

  /** @throws DomainError of kind `upstream`, `unavailable`, `timeout` or `unprocessable`; what `beforeRequest` or `decode` throw. */
  async post<Answer>(request: ProviderRequest<Answer>): Promise<Answer> {
    const { overallTimeoutMs, maxAttempts } = this.options;
    const deadlineMs = this.clock.nowMs() + overallTimeoutMs;
    for (let attempt = 1; ; attempt++) {
      if (!this.breaker.admit()) throw this.leftAlone();
      await this.announce(request);
      const leftMs = deadlineMs - this.clock.nowMs();
      const timeoutMs = Math.min(this.options.attemptTimeoutMs, leftMs);
      const outcome = await measured('provider', `POST ${this.options.name}`, () => this.attempt(request, timeoutMs));
      if ('answer' in outcome) {
        this.breaker.succeeded();
        return outcome.answer;
      }
      const { failure } = outcome;
      if (failure.countsAgainstProvider) this.breaker.failed();
      else this.breaker.succeeded();
      if (isGivenUp(request) || !failure.isRetryable || attempt >= maxAttempts) throw failure.error;
      const delayMs = failure.delayMs ?? backoffMs(attempt, BACKOFF_BASE_MS, BACKOFF_CAP_MS, this.random());
      if (this.clock.nowMs() + delayMs >= deadlineMs) throw failure.error;
      this.logger.debug(
        `${this.options.name}: ${failure.error.code}; attempt ${attempt + 1} in ${Math.round(delayMs)} ms`,
      );
      await this.timer.wait(delayMs, request.signal);
      if (isGivenUp(request)) throw failure.error;
    }
  }

  private async announce<Answer>({ beforeRequest }: ProviderRequest<Answer>): Promise<void> {
    try {
      await beforeRequest?.();
    } catch (error) {
      this.breaker.withdrawn();
      throw error;
    }
  }

  private async attempt<Answer>(
    request: ProviderRequest<Answer>,
    timeoutMs: number,
  ): Promise<{ readonly answer: Answer } | { readonly failure: Failure }> {
    const tooSlow = new AbortController();
    const over = new AbortController();
    void this.abortAfter(timeoutMs, tooSlow, over.signal);
    try {
      const response = await fetch(request.url, {
        method: 'POST',
        headers: {
          ...request.headers,
          'content-type': 'application/json',
          accept: 'application/json',
          ...traceHeaders(),
        },
        body: JSON.stringify(request.body),
        redirect: 'error',
        signal: request.signal === undefined ? tooSlow.signal : AbortSignal.any([tooSlow.signal, request.signal]),
      });
      if (!response.ok) return { failure: await this.refused(response) };
      return { answer: request.decode(parseJson(await readCapped(response, request.maxResponseBytes))) };
    } catch (error) {
      return { failure: this.failed(error, tooSlow.signal.aborted, timeoutMs, request.signal) };
    } finally {
      over.abort();
    }
  }

  private async abortAfter(ms: number, tooSlow: AbortController, over: AbortSignal): Promise<void> {
    await this.timer.wait(ms, over);
    if (!over.aborted) tooSlow.abort();
  }

  private async refused(response: Response): Promise<Failure> {
    const { name } = this.options;
    const { status } = response;
    const said = await readCapped(response, MOST_OF_AN_ERROR).catch(() => '');
    // What it says in words may repeat the texts, so only its own names of the error are reported.
    const cause = new Error(`${name} answered ${status}${namesIn(said)}`);
    const delayMs = askedDelayMs(response.headers, this.clock.nowMs());
    if (status === 429) {
      const detail = `The embedding provider ${name} has reached its rate limit.`;
      return {
        error: providerUnavailable(detail, delayMs === undefined ? undefined : Math.ceil(delayMs / 1000), cause),
        isRetryable: true,
        countsAgainstProvider: false,
        delayMs,
      };
    }
    if (status >= 500 || status === 408) {
      return {
        error:
          status === 503
            ? providerUnavailable(`The embedding provider ${name} is not available.`, undefined, cause)
            : upstreamFailed(`The embedding provider ${name} failed (${status}).`, cause),
        isRetryable: true,
        countsAgainstProvider: true,
        delayMs,
      };
    }
    const detail =
      status === 401 || status === 403
        ? `The embedding provider ${name} refused this server's credential.`
        : `The embedding provider ${name} refused the call (${status}).`;
    const isAboutInput = status === 400 || status === 413 || status === 422;
    return {
      error: isAboutInput
        ? inputRefused(
            `The embedding provider ${name} refused the input (${status}): it may be too long for the model.`,
            cause,
          )
        : upstreamFailed(detail, cause),
      isRetryable: false,
      countsAgainstProvider: false,
    };
  }

  private failed(error: unknown, isTooSlow: boolean, timeoutMs: number, signal: AbortSignal | undefined): Failure {
    const { name } = this.options;
    if (isTooSlow) {
      return {
        error: providerTooSlow(`The embedding provider ${name} did not answer within ${timeoutMs} ms.`, error),
        isRetryable: true,
        countsAgainstProvider: true,
      };
    }
    if (signal?.aborted === true) {
      return {
        error: providerTooSlow(`The call of the embedding provider ${name} was given up.`, error),
        isRetryable: false,
        countsAgainstProvider: false,
      };
    }
    if (error instanceof DomainError) return { error, isRetryable: false, countsAgainstProvider: false };
    // `fetch` reports a connection that failed or broke as a TypeError; everything else is about the answer itself.
    if (isNamed(error, 'TypeError')) {
      const wasCut = error.message.includes('terminated');
      return {
        error: wasCut
          ? upstreamFailed(`The embedding provider ${name} cut its answer short.`, error)
          : providerUnavailable(`The embedding provider ${name} can't be reached.`, undefined, error),
        isRetryable: true,
        countsAgainstProvider: true,
      };
    }
    return {
      error: upstreamFailed(
        error instanceof MalformedAnswerError
          ? `The embedding provider ${name} gave a wrong answer: ${error.message}`
          : `The embedding provider ${name} gave an answer that can't be read.`,
        error,
      ),
      isRetryable: false,
      countsAgainstProvider: true,
    };
  }

  private leftAlone(): DomainError {
    const seconds = Math.max(1, Math.ceil(this.breaker.closedForMs() / 1000));
    return providerUnavailable(
      `The embedding provider ${this.options.name} failed several times and is left alone for now.`,
      seconds,
    );
  }
}

function isGivenUp({ signal }: { readonly signal?: AbortSignal }): boolean {
  return signal?.aborted === true;
}

/** By name: what `fetch` throws belongs to the realm of node itself, which need not be that of this module. */
function isNamed(error: unknown, name: string): error is Error {
  return typeof error === 'object' && error !== null && (error as Error).name === name;
}

/** `error.type` and `error.code`, as OpenAI and those that speak its API have them. */
function namesIn(said: string): string {
  let error: unknown;
  try {
    ({ error } = JSON.parse(said) as { error?: unknown });
  } catch {
    return '';
  }
  const { type, code } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const names = [type, code].filter((one) => typeof one === 'string' && /^[\w.-]{1,64}$/.test(one));
  return names.length === 0 ? '' : `: ${names.join(', ')}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new MalformedAnswerError('it is not JSON.', { cause: error });
  }
}
