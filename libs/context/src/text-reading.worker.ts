import { parentPort, workerData } from 'node:worker_threads';
import { readText } from './text-reading.js';

/** Reads one text and ends. */
parentPort?.postMessage(readText(workerData as string));
