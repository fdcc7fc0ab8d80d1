import { Parser } from 'htmlparser2';

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** They hold nothing that a reader of the page sees as text. */
const SKIPPED = words('script style template noscript svg math iframe object canvas audio video');
/** They stand apart from what is around them. */
const BLOCKS = words(
  'address article aside blockquote body center details dialog dd div dl dt fieldset figcaption figure footer form ' +
    'header hgroup hr html main menu nav ol p pre section summary table tbody tfoot thead ul',
);
/** They have no content, so nothing closes them. */
const VOID = words('area base br col embed hr img input link meta param source track wbr');
const HEADING = /^h([1-6])$/;
/** Browsers go no deeper than 512; the parser takes time in proportion to the square of the depth. */
const DEEPEST = 1_000;
/** In text, one would end the block of preformatted text that it stands in. */
const FENCE = /`{3,}/g;

/**
 * The text of a page as a person reads it, with headings, lists, cells and preformatted text marked as Markdown marks
 * them. Any text is HTML: what is broken is read as well as can be. Linear in the length of the page.
 * @throws RangeError where elements stand in each other a thousand deep
 */
export function htmlToText(html: string): { readonly title: string | undefined; readonly text: string } {
  const page = new PageText();
  const parser = new Parser({
    onopentag: (name, attributes) => page.open(name, attributes),
    ontext: (text) => page.add(text),
    onclosetag: (name) => page.close(name),
  });
  parser.end(html);
  return page.result();
}

/** Lines as they come; white space is collapsed as browsers do. */
class PageText {
  private readonly lines: string[] = [];
  private line = '';
  /** Of `line`; asking the line itself would cost its length each time. */
  private endsInSpace = true;
  /** Stands before the next words. */
  private mark = '';
  private isApart = false;
  private isTitle = false;
  private title = '';
  /** Elements that are open and not shown. */
  private readonly hidden: string[] = [];
  private depth = 0;
  private preformatted = 0;
  private readonly lists: { readonly isOrdered: boolean; items: number }[] = [];
  private hasCell = false;

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (!VOID.has(name) && ++this.depth > DEEPEST) throw new RangeError('The elements of this page stand too deep.');
    if (this.hidden.length > 0 || SKIPPED.has(name) || 'hidden' in attributes) {
      if (!VOID.has(name)) this.hidden.push(name);
      return;
    }
    const level = HEADING.exec(name)?.[1];
    if (level !== undefined) {
      this.standApart();
      this.mark = `${'#'.repeat(Number(level))} `;
    }
    if (BLOCKS.has(name)) this.standApart();
    switch (name) {
      case 'title':
        this.isTitle = true;
        break;
      case 'br':
        this.endLine();
        break;
      case 'img':
        this.add(attributes['alt'] ?? '');
        break;
      case 'ul':
      case 'ol':
        this.lists.push({ isOrdered: name === 'ol', items: 0 });
        break;
      case 'li':
        this.startItem();
        break;
      case 'tr':
        this.endLine();
        this.hasCell = false;
        break;
      case 'td':
      case 'th':
        if (this.hasCell) this.append(this.endsInSpace ? '| ' : ' | ');
        this.hasCell = true;
        break;
      case 'pre':
        if (this.preformatted++ === 0) this.fence();
        break;
    }
  }

  close(name: string): void {
    if (!VOID.has(name)) this.depth--;
    if (this.hidden.length > 0) {
      if (this.hidden.at(-1) === name) this.hidden.pop();
      return;
    }
    if (name === 'title') this.isTitle = false;
    if (name === 'ul' || name === 'ol') this.lists.pop();
    if (name === 'pre' && this.preformatted > 0 && --this.preformatted === 0) this.fence();
    if (name === 'li' || name === 'tr' || HEADING.test(name)) {
      this.endLine();
      this.mark = '';
    }
    if (BLOCKS.has(name) || HEADING.test(name)) this.standApart();
  }

  add(text: string): void {
    if (this.hidden.length > 0) return;
    if (this.isTitle) this.title += text;
    else if (this.preformatted > 0) this.addPreformatted(text);
    else this.addWords(text);
  }

  result(): { readonly title: string | undefined; readonly text: string } {
    if (this.preformatted > 0) this.fence();
    this.endLine();
    return {
      title: this.title.replaceAll(/\s+/g, ' ').trim() || undefined,
      text: this.lines.join('\n').trim(),
    };
  }

  private addWords(text: string): void {
    const collapsed = text.replaceAll(/[\t\n\f\r ]+/g, ' ');
    const added = this.endsInSpace ? collapsed.trimStart() : collapsed;
    if (added === '') return;
    if (this.line === '') this.startLine();
    this.append(added);
  }

  private addPreformatted(text: string): void {
    const [first = '', ...others] = text.replaceAll(FENCE, '``').split(/\r\n|\n|\r/);
    this.line += first;
    for (const other of others) {
      this.lines.push(this.line);
      this.line = other;
    }
  }

  private startItem(): void {
    this.endLine();
    const list = this.lists.at(-1);
    if (list !== undefined) list.items++;
    const indent = '  '.repeat(Math.max(0, this.lists.length - 1));
    this.mark = `${indent}${list?.isOrdered === true ? `${list.items}.` : '-'} `;
  }

  private fence(): void {
    this.endLine();
    this.startLine();
    this.endLine();
    this.lines.push('```');
  }

  private startLine(): void {
    if (this.isApart && this.lines.length > 0) this.lines.push('');
    this.isApart = false;
    this.append(this.mark);
    this.mark = '';
  }

  private append(text: string): void {
    this.line += text;
    if (text !== '') this.endsInSpace = text.endsWith(' ');
  }

  private standApart(): void {
    this.endLine();
    this.isApart = true;
  }

  private endLine(): void {
    const line = this.line.trimEnd();
    if (line !== '') this.lines.push(line);
    this.line = '';
    this.endsInSpace = true;
  }
}
