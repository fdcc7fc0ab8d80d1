/** US dollars for a million tokens, as the providers list them (docs.voyageai.com/docs/pricing, openai.com/api/pricing). */
const LISTED: Readonly<Record<string, number>> = {
  'voyage/voyage-4-large': 0.12,
  'voyage/voyage-4': 0.06,
  'voyage/voyage-4-lite': 0.02,
  'voyage/voyage-3-large': 0.18,
  'voyage/voyage-3.5': 0.06,
  'voyage/voyage-3.5-lite': 0.02,
  'voyage/voyage-code-3': 0.18,
  'voyage/voyage-finance-2': 0.12,
  'voyage/voyage-law-2': 0.12,
  'voyage/rerank-2.5': 0.05,
  'voyage/rerank-2.5-lite': 0.02,
  'openai/text-embedding-3-small': 0.02,
  'openai/text-embedding-3-large': 0.13,
  'openai/text-embedding-ada-002': 0.1,
};

/** What tokens cost. A model without a price costs nothing: those that run here, and those that nobody priced. */
export class PriceTable {
  private readonly prices: ReadonlyMap<string, number>;

  /** @param overrides US dollars for a million tokens by `provider/model` */
  constructor(overrides: Readonly<Record<string, number>> = {}) {
    this.prices = new Map(Object.entries({ ...LISTED, ...overrides }));
  }

  costUsd(provider: string, model: string, tokens: number): number {
    return ((this.prices.get(`${provider}/${model}`) ?? 0) * tokens) / 1_000_000;
  }

  knows(provider: string, model: string): boolean {
    return this.prices.has(`${provider}/${model}`);
  }
}
