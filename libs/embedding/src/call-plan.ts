import type { ProviderLimits } from './provider/embedding-provider.js';
import { estimateTokens } from './token-estimate.js';

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
