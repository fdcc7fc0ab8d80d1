import { answerOrders } from '../worker-threads.js';
import { readPage } from './html-page.js';

/** Reads one page. */
answerOrders(readPage);
