import { parentPort } from 'node:worker_threads';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { piecesOf } from './token-pieces.js';

/** Names of special tokens are text like any other here. */
const PLAIN = { disallowedSpecial: new Set<string>() };

interface CountCommand {
  readonly order: number;
  readonly texts: readonly string[];
}

parentPort?.on('message', ({ order, texts }: CountCommand) => {
  const counts = texts.map((text) => piecesOf(text).reduce((sum, piece) => sum + countTokens(piece, PLAIN), 0));
  parentPort?.postMessage({ order, counts });
});
