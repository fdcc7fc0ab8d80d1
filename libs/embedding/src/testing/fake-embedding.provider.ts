import { type EmbeddingAnswer, type EmbeddingCall, EmbeddingProvider } from '../provider/embedding-provider.js';
import { hashFeatures } from '../provider/local-embedding.provider.js';

/** A remote provider that answers from this process, counts what it is asked, and fails on request. */
export class FakeEmbeddingProvider extends EmbeddingProvider {
  readonly name = 'voyage';
  readonly model = 'voyage-4';
  readonly dimensions = 64;
  readonly isRemote = true;
  readonly supportedDimensions = '64, 128';
  limits = { textsPerCall: 100, tokensPerCall: 100_000 };
  readonly calls: EmbeddingCall[] = [];
  /** Error for a call that holds this text. */
  readonly failures = new Map<string, unknown>();
  /** Until it settles nobody is answered. */
  hold: Promise<void> = Promise.resolve();

  get texts(): string[] {
    return this.calls.flatMap(({ texts }) => [...texts]);
  }

  acceptsDimensions(dimensions: number): boolean {
    return dimensions === 64 || dimensions === 128;
  }

  async embed(call: EmbeddingCall): Promise<EmbeddingAnswer> {
    await call.beforeRequest?.();
    this.calls.push(call);
    await this.hold;
    for (const text of call.texts) if (this.failures.has(text)) throw this.failures.get(text);
    const vectors = call.texts.map((text) => hashFeatures(`${call.inputType} ${text}`, call.dimensions));
    return { vectors, tokens: 10 * call.texts.length };
  }
}
