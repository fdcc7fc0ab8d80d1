import { isModelName } from '#config';
import { readCapped } from '#kernel';

/** A model that a server offers at `{baseUrl}/embeddings`, as OpenAI documents it. */
export interface OfferedModel {
  /** What the server is, for people. */
  readonly server: 'Ollama' | 'a server that speaks the API of OpenAI';
  /** Up to and with `/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly dimensions: number;
}

/** What a look may find besides; absent: any model that makes embeddings. */
interface Wanted {
  readonly model?: string;
  readonly dimensions?: number;
  readonly apiKey?: string;
}

/** For everything that one look asks. A server on this machine lists what it has in some milliseconds. */
const LOOK_MS = 1_500;

const MOST_OF_AN_ANSWER = 1_048_576;
/** A server has a few; what one has hundreds of is not asked one by one. */
const MOST_MODELS = 24;
/** The longest vectors that can be stored. */
const MOST_DIMENSIONS = 4_000;

/** Models that are known by their names to make embeddings, where the server does not say what they can. */
const EMBEDDING_NAME = /embed|minilm|\bbge\b|\be5\b|\bgte\b/i;
/** Taken before others, in this order. */
const PREFERRED = ['nomic-embed-text', 'embeddinggemma', 'mxbai-embed-large', 'bge-m3', 'all-minilm'];

/**
 * The first of the servers that has a model for embeddings: Ollama by its own lists (`/api/tags`, `/api/show`), any other by
 * `/v1/models`. All are asked at once, nothing is asked twice, and what does not answer in time has none.
 *
 * @param urls of servers, with or without `/v1`
 */
export async function findOfferedModel(
  urls: readonly string[],
  wanted: Wanted = {},
  lookMs = LOOK_MS,
): Promise<OfferedModel | undefined> {
  const signal = AbortSignal.timeout(lookMs);
  const found = await Promise.all(urls.map((url) => new Look(url, wanted, signal).find()));
  return found.find((offered) => offered !== undefined);
}

/** One server, asked what it has. What fails is no answer. */
class Look {
  private readonly root: string;

  constructor(
    url: string,
    private readonly wanted: Wanted,
    private readonly signal: AbortSignal,
  ) {
    this.root = url.replace(/\/v1$/, '');
  }

  async find(): Promise<OfferedModel | undefined> {
    const [tags, list] = await Promise.all([this.ask('/api/tags'), this.ask('/v1/models')]);
    const ollama = namesIn(tags, 'models', 'name');
    if (ollama.length > 0) return this.ofOllama(ollama);
    const names = namesIn(list, 'data', 'id').filter((name) => this.isWanted(name) && EMBEDDING_NAME.test(name));
    for (const model of byPreference(names).slice(0, 2)) {
      const dimensions = await this.lengthOf(model);
      if (this.fits(dimensions)) return this.offered('a server that speaks the API of OpenAI', model, dimensions);
    }
    return undefined;
  }

  /** Ollama says of each model what it can, and how long its vectors are: it need not load it first. */
  private async ofOllama(names: readonly string[]): Promise<OfferedModel | undefined> {
    const asked = byPreference(names.filter((name) => this.isWanted(name)));
    const models = await Promise.all(
      asked.map(async (name) => {
        const shown = asRecord(await this.ask('/api/show', { model: name }));
        return { name, isForEmbeddings: canEmbed(name, shown), stated: statedLength(shown) };
      }),
    );
    for (const { name, stated } of models.filter(({ isForEmbeddings }) => isForEmbeddings)) {
      const dimensions = stated ?? (await this.lengthOf(name));
      // The newest of a name is the same model with its tag and without.
      if (this.fits(dimensions)) return this.offered('Ollama', name.replace(/:latest$/, ''), dimensions);
    }
    return undefined;
  }

  private offered(server: OfferedModel['server'], model: string, dimensions: number): OfferedModel {
    return { server, baseUrl: `${this.root}/v1`, model, dimensions };
  }

  private isWanted(name: string): boolean {
    const { model } = this.wanted;
    return model === undefined || name === model || name === `${model}:latest`;
  }

  private fits(dimensions: number | undefined): dimensions is number {
    const { dimensions: wanted = dimensions } = this.wanted;
    return dimensions !== undefined && dimensions <= MOST_DIMENSIONS && dimensions === wanted;
  }

  /** Of the model's vectors, by asking for one. */
  private async lengthOf(model: string): Promise<number | undefined> {
    const answer = asRecord(await this.ask('/v1/embeddings', { model, input: ['Keepsake'], encoding_format: 'float' }));
    const [first] = Array.isArray(answer['data']) ? (answer['data'] as unknown[]) : [];
    const { embedding } = asRecord(first);
    const isVector = Array.isArray(embedding) && embedding.length > 0 && embedding.every(Number.isFinite);
    return isVector ? embedding.length : undefined;
  }

  /** @returns undefined where it can't be reached, refuses or answers something else than JSON */
  private async ask(path: string, body?: object): Promise<unknown> {
    const { apiKey } = this.wanted;
    try {
      const response = await fetch(`${this.root}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        redirect: 'error',
        signal: this.signal,
      });
      const text = await readCapped(response, MOST_OF_AN_ANSWER);
      return response.ok ? (JSON.parse(text) as unknown) : undefined;
    } catch {
      return undefined;
    }
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function namesIn(answer: unknown, list: string, field: string): string[] {
  const items = asRecord(answer)[list];
  if (!Array.isArray(items)) return [];
  return items.flatMap((item) => {
    const name = asRecord(item)[field];
    return typeof name === 'string' && isModelName(name) ? [name] : [];
  });
}

function byPreference(names: readonly string[]): string[] {
  const placeOf = (name: string) => {
    const place = PREFERRED.findIndex((preferred) => name.startsWith(preferred));
    return place === -1 ? PREFERRED.length : place;
  };
  return names
    .toSorted((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1))
    .toSorted((a, b) => Number(EMBEDDING_NAME.test(b)) - Number(EMBEDDING_NAME.test(a)))
    .slice(0, MOST_MODELS);
}

/** Ollama from 0.6.4 on says what a model can; before that its family does. */
function canEmbed(name: string, { capabilities, details }: Record<string, unknown>): boolean {
  if (Array.isArray(capabilities)) return capabilities.includes('embedding');
  return EMBEDDING_NAME.test(name) || String(asRecord(details)['family']).endsWith('bert');
}

/** `bert.embedding_length` and the like, of the architecture that it names. */
function statedLength({ model_info: info }: Record<string, unknown>): number | undefined {
  const stated = asRecord(info);
  const length = stated[`${String(stated['general.architecture'])}.embedding_length`];
  return Number.isInteger(length) && (length as number) > 0 ? (length as number) : undefined;
}
