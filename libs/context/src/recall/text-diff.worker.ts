import { answerOrders } from '../worker-threads.js';
import { type DiffCommand, diffTexts } from './text-diff.js';

/** Compares two texts. */
answerOrders(({ from, to }: DiffCommand) => diffTexts(from, to));
