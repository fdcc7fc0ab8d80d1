import { setImmediate } from 'node:timers/promises';
import { estimateTokens } from '../../token-estimate.js';
import { type EmbeddingAnswer, type EmbeddingCall, EmbeddingProvider } from '../embedding-provider.js';
import { FEATURE_HASHING_VERSION, hashFeatures } from './feature-hashing.js';

const FEWEST = 64;
const MOST = 4096;
/** Characters after which the event loop gets a turn. */
const SLICE_LENGTH = 20_000;

/**
 * The embedder that needs nothing else: no network, no model file, no cost. It is lexical, not semantic: it finds
 * texts that share words or parts of words, not texts that mean the same in other words.
 */
export class LocalEmbeddingProvider extends EmbeddingProvider {
  static readonly DEFAULT_DIMENSIONS = 512;

  readonly name = 'local';
  readonly model = `lexical-${FEATURE_HASHING_VERSION}`;
  readonly isRemote = false;
  readonly limits = { textsPerCall: 1_000, tokensPerCall: 1_000_000 };
  readonly supportedDimensions = `${FEWEST} to ${MOST}`;

  constructor(readonly dimensions = LocalEmbeddingProvider.DEFAULT_DIMENSIONS) {
    super();
  }

  acceptsDimensions(dimensions: number): boolean {
    return Number.isInteger(dimensions) && dimensions >= FEWEST && dimensions <= MOST;
  }

  async embed({ texts, dimensions, signal, beforeRequest }: EmbeddingCall): Promise<EmbeddingAnswer> {
    await beforeRequest?.();
    const vectors: Float32Array[] = [];
    let tokens = 0;
    let sinceTurn = 0;
    for (const text of texts) {
      signal?.throwIfAborted();
      vectors.push(hashFeatures(text, dimensions));
      tokens += estimateTokens(text);
      sinceTurn += text.length;
      if (sinceTurn >= SLICE_LENGTH) {
        sinceTurn = 0;
        await setImmediate();
      }
    }
    return { vectors, tokens };
  }
}
