import { parentPort, workerData } from 'node:worker_threads';
import { readText } from './extract.js';

/** Reads one text and ends. */
parentPort?.postMessage(readText(workerData as string));
