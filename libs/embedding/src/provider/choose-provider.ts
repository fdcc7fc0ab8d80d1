import type { EmbeddingConfig } from '#config';
import { modelKey } from '../embedding.js';
import type { EmbeddingProvider } from './embedding-provider.js';
import { findOfferedModel, type OfferedModel } from './embedding-servers.js';
import { LocalEmbeddingProvider } from './local-embedding.provider.js';
import { OPENAI_DIMENSIONS } from './openai-embedding.provider.js';

/** A configuration that names its provider. */
export type NamedProviderConfig = EmbeddingConfig & { readonly provider: Exclude<EmbeddingConfig['provider'], 'auto'> };

/** Which provider a server has, and how it came to it. */
export abstract class ProviderChoice {
  abstract readonly config: NamedProviderConfig;
  /** Completes "this one, …"; without secrets. */
  abstract readonly because: string;
  /** What finds more than it does, as a sentence; absent of a model of meaning. */
  abstract readonly advice?: string;
}

/** For people whose search knows words alone, or hardly more. */
const FOR_MEANING =
  'For search by meaning set VOYAGE_API_KEY or OPENAI_API_KEY, or run Ollama with a model for embeddings (ollama pull nomic-embed-text), and start again.';

/**
 * The provider that the configuration names, or for `auto` the best there is: Voyage where it has a key, OpenAI or the server at
 * OPENAI_BASE_URL, a server on this machine that has a model for embeddings, else the embedded one. A key is not tried out.
 * Waits for servers `LOOK_MS` at most, and never rejects.
 */
export async function chooseProvider(config: EmbeddingConfig, lookMs?: number): Promise<ProviderChoice> {
  const known = chooseWithoutAsking(config);
  if (known !== undefined) return known;
  const { model, dimensions, openai } = config;
  if (openai.apiKey !== undefined || openai.isCompatible) {
    const { apiKey, baseUrl, isCompatible } = openai;
    const offered = await findOfferedModel([baseUrl], { model, dimensions, apiKey }, lookMs);
    if (offered !== undefined)
      return choice({ ...config, provider: 'openai', ...lengthsOf(offered) }, sinceOpenai(config));
    const server = isCompatible ? 'the server at OPENAI_BASE_URL' : 'OpenAI';
    const unknown = `since ${server} did not say what model for embeddings it has, or how long its vectors are`;
    return {
      ...embedded(config, unknown),
      advice: 'Set EMBEDDING_MODEL and EMBEDDING_DIMENSIONS to those of its model, and start again.',
    };
  }
  const offered = await findOfferedModel(config.loopbackUrls, { model, dimensions }, lookMs);
  if (offered === undefined) {
    const missing = model === undefined ? 'a model for embeddings' : `the model ${model}`;
    return embedded(config, `since no key is set and no server on this machine offers ${missing}`);
  }
  const { server, baseUrl } = offered;
  const found: NamedProviderConfig = {
    ...config,
    provider: 'openai',
    ...lengthsOf(offered),
    openai: { ...openai, baseUrl, isCompatible: true, wireFormat: 'float' },
    prices: { [`openai/${offered.model}`]: 0, ...config.prices },
  };
  return choice(found, `of ${server} at ${baseUrl}`);
}

/** As `chooseProvider`. @returns undefined where a server has to be asked */
export function chooseWithoutAsking(config: EmbeddingConfig): ProviderChoice | undefined {
  const { provider, voyage, openai } = config;
  if (provider !== 'auto') return choice({ ...config, provider }, 'as EMBEDDING_PROVIDER says');
  if (voyage.apiKey !== undefined) return choice({ ...config, provider: 'voyage' }, 'since VOYAGE_API_KEY is set');
  const isSet = openai.apiKey !== undefined || openai.isCompatible;
  return isSet && isLengthKnown(config) ? choice({ ...config, provider: 'openai' }, sinceOpenai(config)) : undefined;
}

/** For people: provider, model and length of its vectors, and why this one. */
export function describeChoice(provider: EmbeddingProvider, { because }: ProviderChoice): string {
  return provider.isOff ? 'off' : `${modelKey(provider.describe())}, ${because}`;
}

function choice(config: NamedProviderConfig, because: string): ProviderChoice {
  const isWeak = config.provider === 'local' || config.provider === 'use';
  return isWeak ? { config, because, advice: FOR_MEANING } : { config, because };
}

/** Model and length may be meant for a server that is not there. */
function embedded(config: EmbeddingConfig, because: string): ProviderChoice {
  const { dimensions } = config;
  const isUsable = dimensions !== undefined && new LocalEmbeddingProvider().acceptsDimensions(dimensions);
  const isIgnored = dimensions !== undefined && !isUsable;
  return choice(
    { ...config, provider: 'local', model: undefined, dimensions: isUsable ? dimensions : undefined },
    isIgnored ? `${because}; it has no vectors of EMBEDDING_DIMENSIONS (now "${dimensions}")` : because,
  );
}

function lengthsOf({ model, dimensions }: OfferedModel) {
  return { model, dimensions };
}

function sinceOpenai({ openai }: EmbeddingConfig): string {
  return `since ${openai.isCompatible ? 'OPENAI_BASE_URL' : 'OPENAI_API_KEY'} is set`;
}

/** Whether nothing need be asked: OpenAI has the usual model, and the vectors of the named one are of a known length. */
function isLengthKnown({ model, dimensions, openai }: EmbeddingConfig): boolean {
  if (model === undefined) return !openai.isCompatible;
  return dimensions !== undefined || OPENAI_DIMENSIONS[model] !== undefined;
}
