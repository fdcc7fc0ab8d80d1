import { answerOrders } from '../threads.js';
import { readText } from './extract.js';

/** Reads one text. */
answerOrders(readText);
