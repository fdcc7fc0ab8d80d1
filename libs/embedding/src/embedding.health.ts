import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type HealthPart, HealthRegistry, type HealthSource, ScrapedMetrics } from '#observability';
import { describeChoice, ProviderChoice } from './provider/choose-provider.js';
import { EmbeddingProvider } from './provider/embedding-provider.js';

/** Whether embedding has a chance now. Without it everything else works, so it degrades and never stops the server. */
@Injectable()
export class EmbeddingHealth implements HealthSource, OnApplicationBootstrap {
  readonly name = 'embedding';
  readonly requiredForReady = false;

  constructor(
    private readonly provider: EmbeddingProvider,
    private readonly choice: ProviderChoice,
    registry: HealthRegistry,
    metrics: ScrapedMetrics,
  ) {
    registry.register(this);
    metrics.gauge('provider_up', '0 while a provider that failed is left alone', () =>
      provider.isRemote ? [[{ provider: provider.name }, provider.problem() === undefined ? 1 : 0]] : [],
    );
  }

  /** So that health says what is missing before somebody needs it. */
  onApplicationBootstrap(): void {
    this.provider.prepare();
  }

  check(): Promise<HealthPart> {
    const problem = this.provider.problem();
    return Promise.resolve(
      problem === undefined
        ? { status: 'up', detail: describeChoice(this.provider, this.choice) }
        : { status: 'degraded', detail: `${this.provider.name}: ${problem}.` },
    );
  }
}
