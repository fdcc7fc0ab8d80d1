import { answerOrders } from '../worker-threads.js';
import { readText } from './extract.js';

/** Reads one text. */
answerOrders(readText);
