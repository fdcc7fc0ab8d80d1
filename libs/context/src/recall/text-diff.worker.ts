import { parentPort, workerData } from 'node:worker_threads';
import { type DiffCommand, diffTexts } from './text-diff.js';

/** Compares two texts and ends. */
const { from, to } = workerData as DiffCommand;
parentPort?.postMessage(diffTexts(from, to));
