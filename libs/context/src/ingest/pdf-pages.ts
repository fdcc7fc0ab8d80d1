interface TextPiece {
  readonly str?: string;
  readonly hasEOL?: boolean;
}

/** As much of PDF.js's document as is needed. */
interface PagedDocument {
  readonly numPages: number;
  getPage(
    number: number,
  ): Promise<{ getTextContent(): Promise<{ readonly items: readonly TextPiece[] }>; cleanup(): unknown }>;
}

export interface PagesText {
  readonly text: string;
  readonly pages: number;
  /** Pages whose text is in `text`: the first ones. */
  readonly pagesRead: number;
}

/** The text of the first pages, as many as fit, with an empty line between two; of one that can't be read, nothing. */
export async function pagesText(document: PagedDocument, maxLength: number): Promise<PagesText> {
  const texts: string[] = [];
  let length = 0;
  let number = 0;
  while (number < document.numPages && length <= maxLength) {
    const text = await textOf(document, ++number);
    length += text.length + 2;
    texts.push(text);
  }
  return { text: texts.filter((text) => text !== '').join('\n\n'), pages: document.numPages, pagesRead: number };
}

async function textOf(document: PagedDocument, number: number): Promise<string> {
  try {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    page.cleanup();
    const text = items.map(({ str = '', hasEOL }) => (hasEOL === true ? `${str}\n` : str)).join('');
    return text
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trim();
  } catch {
    return '';
  }
}
