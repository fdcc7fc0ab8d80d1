import type { ProviderName } from '../embedding.js';
import { embeddingsOff } from '../embedding.errors.js';
import { type EmbeddingAnswer, EmbeddingProvider } from './embedding-provider.js';

/** Stands where there is none: everything that needs a vector is refused as `unavailable`. */
export class OffEmbeddingProvider extends EmbeddingProvider {
  readonly name: ProviderName = 'local';
  readonly model = 'off';
  readonly dimensions = 1;
  readonly limits = { textsPerCall: 1, tokensPerCall: 1 };
  readonly isRemote = false;
  readonly supportedDimensions = 'none';

  override get isOff(): boolean {
    return true;
  }

  acceptsDimensions(): boolean {
    return false;
  }

  embed(): Promise<EmbeddingAnswer> {
    return Promise.reject(embeddingsOff());
  }
}
