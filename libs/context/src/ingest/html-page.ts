import { Threads } from '../worker-threads.js';
import { htmlToText } from './html-text.js';

/** What came of reading a page. */
type PageAnswer =
  | ({ readonly kind: 'read' } & ReturnType<typeof htmlToText>)
  | { readonly kind: 'too-deep' }
  /** It took more time or memory than a document may. */
  | { readonly kind: 'exhausted' };

/** Shorter pages are read at once: it takes less time than a thread takes to start. */
const SHORT = 128 * 1024;

const threads = new Threads<string, PageAnswer>(new URL('./html-page.worker.js', import.meta.url));

/** Reads a page, a long one outside of the event loop. */
export async function readAnyPage(html: string): Promise<PageAnswer> {
  return html.length <= SHORT ? readPage(html) : ((await threads.run(html)) ?? { kind: 'exhausted' });
}

export function readPage(html: string): PageAnswer {
  try {
    return { kind: 'read', ...htmlToText(html) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: 'too-deep' };
  }
}
