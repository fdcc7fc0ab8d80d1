import { getDocumentProxy } from 'unpdf';
import { answerOrders } from '../worker-threads.js';
import { pagesText } from './pdf-pages.js';
import type { PdfAnswer, PdfCommand } from './pdf-text.js';

/** Reads one PDF: whatever a hostile file makes of this thread, the server has its own. */
async function read({ bytes, maxLength }: PdfCommand): Promise<PdfAnswer> {
  try {
    const pdf = await getDocumentProxy(bytes, { isEvalSupported: false, stopAtErrors: false, verbosity: 0 });
    const { info } = (await pdf.getMetadata().catch(() => ({ info: {} }))) as { info: { Title?: unknown } };
    const title = typeof info.Title === 'string' ? info.Title.trim() : '';
    return { kind: 'read', title: title === '' ? undefined : title, ...(await pagesText(pdf, maxLength)) };
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    return { kind: 'refused', isEncrypted: name === 'PasswordException' };
  }
}

answerOrders(read);
