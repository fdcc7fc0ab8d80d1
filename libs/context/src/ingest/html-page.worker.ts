import { parentPort, workerData } from 'node:worker_threads';
import { readPage } from './html-page.js';

/** Reads one page and ends. */
parentPort?.postMessage(readPage(workerData as string));
