import type { ProviderLimits } from './provider/embedding-provider.js';

/**
 * Tokens of a text, guessed from its bytes without the model's tokenizer: one for three bytes of UTF-8. English has
 * about four bytes a token and Chinese about three, so this is near the upper end: batches made by it stay within
 * a provider's limit.
 */
export function estimateTokens(text: string): number {
  return Math.max(1, Math.ceil(Buffer.byteLength(text, 'utf8') / 3));
}

/** Learns from what a provider counted how far the guess is off, for what is reported about savings. */
export class TokenCalibration {
  private guessed = 0;
  private counted = 0;

  observe(guessedTokens: number, countedTokens: number): void {
    this.guessed += guessedTokens;
    this.counted += countedTokens;
  }

  /** The likely count of a guess; the guess itself before anything was observed. */
  likely(guessedTokens: number): number {
    return this.guessed === 0 ? guessedTokens : Math.round((guessedTokens * this.counted) / this.guessed);
  }
}

/**
 * Cuts texts into calls that a provider accepts, each as full as its limits allow, in order. A text that alone is over
 * the token limit goes out alone.
 */
export function planCalls(texts: readonly string[], limits: ProviderLimits): string[][] {
  const calls: string[][] = [];
  let call: string[] = [];
  let tokens = 0;
  for (const text of texts) {
    const size = estimateTokens(text);
    if (call.length > 0 && (call.length >= limits.textsPerCall || tokens + size > limits.tokensPerCall)) {
      calls.push(call);
      call = [];
      tokens = 0;
    }
    call.push(text);
    tokens += size;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}
