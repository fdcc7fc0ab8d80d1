/** What Voyage documents of a model (docs.voyageai.com, "Text embeddings" and "Text embedding models" of the API reference). */
export interface VoyageModel {
  readonly dimensions: number;
  readonly otherDimensions: readonly number[];
  readonly tokensPerCall: number;
}

/** Texts of one call, for every model. */
export const VOYAGE_TEXTS_PER_CALL = 1_000;

const FLEXIBLE = [256, 512, 2_048];

export const VOYAGE_MODELS: Readonly<Record<string, VoyageModel>> = {
  'voyage-4-large': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 120_000 },
  'voyage-4': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 320_000 },
  'voyage-4-lite': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 1_000_000 },
  'voyage-3-large': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 120_000 },
  'voyage-3.5': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 320_000 },
  'voyage-3.5-lite': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 1_000_000 },
  'voyage-code-3': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 120_000 },
  'voyage-finance-2': { dimensions: 1_024, otherDimensions: [], tokensPerCall: 120_000 },
  'voyage-law-2': { dimensions: 1_024, otherDimensions: [], tokensPerCall: 120_000 },
};

/** A model that is not in the table: the strictest limit there is, and the family's usual lengths. */
export const UNKNOWN_VOYAGE_MODEL: VoyageModel = {
  dimensions: 1_024,
  otherDimensions: FLEXIBLE,
  tokensPerCall: 120_000,
};
