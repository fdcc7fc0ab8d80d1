import { ConfigError, type EmbeddingConfig } from '#config';
import { type Clock, messageOf, SystemClock } from '#kernel';
import { ProviderClient } from '../provider-http/provider-client.js';
import { SystemTimer, type Timer } from '../provider-http/retry-delay.js';
import { type Reranker, VoyageReranker } from '../rerank/reranker.js';
import { NoReranker } from '../rerank/rerank.service.js';
import { chooseProvider, chooseWithoutAsking, describeChoice, type NamedProviderConfig } from './choose-provider.js';
import { type EmbeddingProvider, OffEmbeddingProvider, type ProviderLimits } from './embedding-provider.js';
import { LocalEmbeddingProvider } from './local-embedding.provider.js';
import { OPENAI_DIMENSIONS, OPENAI_LIMITS, OpenaiEmbeddingProvider } from './openai-embedding.provider.js';
import { TransformersEmbeddingProvider } from './transformers-embedding.provider.js';
import { UseEmbeddingProvider } from './use-embedding.provider.js';
import {
  UNKNOWN_VOYAGE_MODEL,
  VOYAGE_MODELS,
  VOYAGE_TEXTS_PER_CALL,
  VoyageEmbeddingProvider,
} from './voyage-embedding.provider.js';

const DEFAULT_OPENAI_MODEL = 'text-embedding-3-small';
const DEFAULT_VOYAGE_MODEL = 'voyage-4';
const BREAKER = { failuresToOpen: 5, openMs: 10_000 };

/**
 * The provider that the configuration names.
 * @throws ConfigError for a length of vectors that the model does not have
 */
export function createProvider(config: NamedProviderConfig, clock: Clock, timer: Timer): EmbeddingProvider {
  const provider = choose(config, clock, timer);
  const { dimensions = provider.dimensions } = config;
  if (!provider.isOff && !provider.acceptsDimensions(dimensions))
    throw new ConfigError([
      `EMBEDDING_DIMENSIONS (now "${dimensions}"): write ${provider.supportedDimensions}, which is what ${provider.name}/${provider.model} has`,
    ]);
  return provider;
}

/** Before anything is opened. @throws ConfigError where no provider can be made of it, as far as that is known without asking */
export function requireProvider(config: EmbeddingConfig): void {
  const choice = chooseWithoutAsking(config);
  if (choice !== undefined) createProvider(choice.config, new SystemClock(), new SystemTimer());
}

/** For people: which provider a server of this configuration has, and what would find more. @throws ConfigError as `createProvider` */
export async function describeProvider(
  config: EmbeddingConfig,
): Promise<{ readonly description: string; readonly advice?: string; readonly problem?: string }> {
  const choice = await chooseProvider(config);
  const provider = createProvider(choice.config, new SystemClock(), new SystemTimer());
  return { description: describeChoice(provider, choice), advice: choice.advice, problem: await whyNot(provider) };
}

/** Why a model of this machine gives no vectors: it is asked for one. Nobody outside is asked. */
async function whyNot(provider: EmbeddingProvider): Promise<string | undefined> {
  if (provider.isRemote || provider.isOff) return undefined;
  try {
    await provider.embed({ texts: ['a text'], inputType: 'none', dimensions: provider.dimensions });
    return undefined;
  } catch (error) {
    return provider.problem() ?? messageOf(error);
  }
}

/** The reranker that the configuration names, if any. */
export function createReranker(config: EmbeddingConfig, clock: Clock, timer: Timer): Reranker | NoReranker {
  if (!config.rerank.isOn) return new NoReranker();
  const { baseUrl, apiKey } = config.voyage;
  return new VoyageReranker(
    { baseUrl, apiKey: required(apiKey, 'VOYAGE_API_KEY'), model: config.rerank.model },
    clientOf('voyage', config, clock, timer),
  );
}

function clientOf(name: string, config: EmbeddingConfig, clock: Clock, timer: Timer): ProviderClient {
  return new ProviderClient(
    {
      name,
      attemptTimeoutMs: config.attemptTimeoutMs,
      overallTimeoutMs: config.timeoutMs,
      maxAttempts: config.maxAttempts,
      breaker: BREAKER,
    },
    clock,
    timer,
  );
}

function choose(config: NamedProviderConfig, clock: Clock, timer: Timer): EmbeddingProvider {
  const client = (name: string) => clientOf(name, config, clock, timer);
  switch (config.provider) {
    case 'off':
      return new OffEmbeddingProvider();
    case 'local':
      return new LocalEmbeddingProvider(config.dimensions);
    case 'openai': {
      const model = config.model ?? DEFAULT_OPENAI_MODEL;
      const own = OPENAI_DIMENSIONS[model];
      return new OpenaiEmbeddingProvider(
        {
          ...config.openai,
          model,
          // The vectors of a model that nobody here knows are as long as the configuration says, and can't be cut.
          nativeDimensions: own ?? config.dimensions ?? 1_536,
          dimensions: config.dimensions,
          limits: within(config, OPENAI_LIMITS),
        },
        client('openai'),
      );
    }
    case 'voyage': {
      const model = config.model ?? DEFAULT_VOYAGE_MODEL;
      const { tokensPerCall } = VOYAGE_MODELS[model] ?? UNKNOWN_VOYAGE_MODEL;
      return new VoyageEmbeddingProvider(
        {
          baseUrl: config.voyage.baseUrl,
          apiKey: required(config.voyage.apiKey, 'VOYAGE_API_KEY'),
          model,
          dimensions: config.dimensions,
          limits: within(config, { textsPerCall: VOYAGE_TEXTS_PER_CALL, tokensPerCall }),
        },
        client('voyage'),
      );
    }
    case 'use':
      return new UseEmbeddingProvider();
    case 'transformers':
      return new TransformersEmbeddingProvider({
        modelDir: required(config.modelDir, 'EMBEDDING_MODEL_DIR'),
        dimensions: required(config.dimensions, 'EMBEDDING_DIMENSIONS'),
      });
  }
}

function within(config: EmbeddingConfig, documented: ProviderLimits): ProviderLimits {
  return {
    textsPerCall: Math.min(config.batchTexts, documented.textsPerCall),
    tokensPerCall: Math.min(config.batchTokens, documented.tokensPerCall),
  };
}

/** `loadConfig` has reported a missing one already; this holds for configurations that are made otherwise. */
function required<Value>(value: Value | undefined, variable: string): Value {
  if (value === undefined) throw new Error(`${variable} is not set.`);
  return value;
}
