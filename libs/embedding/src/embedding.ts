import { createHash } from 'node:crypto';

/** What a text is embedded for. Models that distinguish the two give them different vectors; `none` is a bare text. */
export const inputTypes = ['none', 'query', 'document'] as const;

export type InputType = (typeof inputTypes)[number];

const providerNames = ['local', 'openai', 'voyage', 'transformers', 'use'] as const;

export type ProviderName = (typeof providerNames)[number];

/** Vectors of one model at one length. Nothing is ever compared across two of them. */
export interface EmbeddingModel {
  readonly provider: ProviderName;
  readonly model: string;
  readonly dimensions: number;
}

/** How stored vectors name their model: `voyage/voyage-4@1024`. */
export function modelKey({ provider, model, dimensions }: EmbeddingModel): string {
  return `${provider}/${model}@${dimensions}`;
}

/** Longest text that can be embedded, in UTF-16 units: what the longest context window of the providers holds. */
export const MAX_TEXT_LENGTH = 200_000;

/**
 * The text as it is embedded and as its key sees it: NFC, line ends as LF, no white space around it. What differs by
 * these alone means the same to every model, and costs once.
 */
export function normaliseText(text: string): string {
  return text.normalize('NFC').replaceAll(/\r\n?/g, '\n').trim();
}

/** SHA-256 of the normalised text's UTF-8 bytes, in hexadecimal. */
export function hashText(normalised: string): string {
  return createHash('sha256').update(normalised, 'utf8').digest('hex');
}
