import { answerOrders } from '../threads.js';
import { readPage } from './html-page.js';

/** Reads one page. */
answerOrders(readPage);
