import type { EmbedderKind, SemanticAnswer, SemanticReader, SemanticRequest } from '#embedding';
import type { ContextId } from '#kernel';

/** Similarity as a test says it is. */
export class FakeSemanticReader {
  isOn = true;
  kind: EmbedderKind = 'semantic';
  method: SemanticAnswer['method'] = 'exact';
  /** Cosine by context id; what is not named is not embedded. */
  readonly cosines = new Map<string, number>();
  /** Contexts of the project that wait to be embedded. */
  waiting = 0;
  failure: Error | undefined;
  /** Until it settles nobody is answered. */
  hold: Promise<void> = Promise.resolve();
  description = 'those of a test';
  advice: string | undefined;
  readonly asked: SemanticRequest[] = [];
  readonly model = { provider: 'voyage', model: 'voyage-4', dimensions: 4 } as const;

  async search(request: SemanticRequest): Promise<SemanticAnswer> {
    this.asked.push(request);
    await this.hold;
    if (this.failure !== undefined) throw this.failure;
    const hits = [...this.cosines]
      .filter(([contextId]) => request.among?.includes(contextId as ContextId) !== false)
      .map(([contextId, score]) => ({ contextId: contextId as ContextId, score }))
      .sort((left, right) => right.score - left.score || (left.contextId < right.contextId ? -1 : 1))
      .slice(0, request.limit);
    return { hits, method: this.method };
  }

  coverage(): Promise<{ contexts: number; embedded: number }> {
    return Promise.resolve({ contexts: this.cosines.size + this.waiting, embedded: this.cosines.size });
  }

  asReader(): SemanticReader {
    return this as unknown as SemanticReader;
  }
}
