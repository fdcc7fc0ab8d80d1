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
const MARKS_OF_CODE = /`{3,}/g;
/** How highlighters name a language: `language-ts`, `lang-ts`, `highlight-source-ts`, `brush: ts`, `sourceCode ts`. */
const LANGUAGE = /(?:\blang(?:uage)?-|\bhighlight-source-|\bbrush: ?|\bsourceCode )([A-Za-z0-9+#_.-]{1,40})/;
/** Addresses that lead nowhere outside of the page, or are no addresses. */
const NO_ADDRESS = /^(?:#|javascript:|data:|blob:|about:)/i;
const LONGEST_ADDRESS = 2_048;

/**
 * The text of a page as a person reads it, with headings, lists, tables, preformatted text and its language, links and
 * images marked as Markdown marks them. Addresses are those of the page, or of its `base`. Any text is HTML: what is broken is read as well as can be. Linear in the length of the page.
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
  /** Of `lines`, where the block of preformatted text begins, and its language. */
  private codeAt = 0;
  private language = '';
  /** Of the element that may surround the next block of preformatted text. */
  private languageAround = '';
  private readonly lists: { readonly isOrdered: boolean; items: number }[] = [];
  private readonly tables: { hasHead: boolean }[] = [];
  private cells = 0;
  private isHead = false;
  private base: string | undefined;
  /** Address of the link that is open. */
  private link: string | undefined;
  /** The text of that link on this line, which comes behind `line`; undefined as long as it has none. */
  private linkText: string | undefined;

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
    const language =
      attributes['data-lang'] ?? attributes['data-language'] ?? LANGUAGE.exec(attributes['class'] ?? '')?.[1] ?? '';
    switch (name) {
      case 'base':
        this.base ??= attributes['href'];
        break;
      case 'a':
        this.closeLink();
        this.link = this.addressOf(attributes['href']);
        break;
      case 'code':
        if (this.preformatted > 0 && this.language === '') this.language = language;
        break;
      case 'table':
        this.tables.push({ hasHead: false });
        break;
      case 'title':
        this.isTitle = true;
        break;
      case 'br':
        this.endLine();
        break;
      case 'img':
        this.addImage(attributes['alt'] ?? '', this.addressOf(attributes['src']));
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
        this.cells = 0;
        this.isHead = false;
        break;
      case 'td':
      case 'th':
        this.endLinkText();
        if (this.cells > 0) this.append(this.endsInSpace ? '| ' : ' | ');
        this.cells++;
        this.isHead ||= name === 'th';
        break;
      case 'pre':
        if (this.preformatted++ === 0) this.openCode(language || this.languageAround);
        break;
    }
    this.languageAround = name === 'div' || name === 'figure' ? language : '';
  }

  close(name: string): void {
    if (!VOID.has(name)) this.depth--;
    if (this.hidden.length > 0) {
      if (this.hidden.at(-1) === name) this.hidden.pop();
      return;
    }
    if (name === 'title') this.isTitle = false;
    if (name === 'a') this.closeLink();
    if (name === 'ul' || name === 'ol') this.lists.pop();
    if (name === 'pre' && this.preformatted > 0 && --this.preformatted === 0) this.closeCode();
    if (name === 'li' || name === 'tr' || HEADING.test(name)) {
      this.endLine();
      this.mark = '';
    }
    if (name === 'tr') this.endRow();
    if (name === 'table') this.tables.pop();
    if (BLOCKS.has(name) || HEADING.test(name)) this.standApart();
  }

  add(text: string): void {
    if (this.hidden.length > 0) return;
    if (this.isTitle) this.title += text;
    else if (this.preformatted > 0) this.addPreformatted(text);
    else this.addWords(text);
  }

  result(): { readonly title: string | undefined; readonly text: string } {
    if (this.preformatted > 0) this.closeCode();
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
    this.appendLinked(this.cells > 0 ? added.replaceAll('|', '\\|') : added);
  }

  private addImage(alt: string, address: string | undefined): void {
    const text = alt.replaceAll(/\s+/g, ' ').trim();
    if (this.hidden.length > 0 || this.isTitle || text === '') return;
    this.add(address === undefined || this.preformatted > 0 ? text : `![${text}](${address})`);
  }

  /** A link goes on behind the spaces before its text, and ends before those behind it. */
  private appendLinked(text: string): void {
    if (this.link === undefined || this.linkText !== undefined || text.trim() === '') {
      this.append(text);
      return;
    }
    const isApart = text.startsWith(' ');
    if (isApart) this.append(' ');
    this.linkText = '';
    this.append(isApart ? text.slice(1) : text);
  }

  private endLinkText(): void {
    if (this.link === undefined || this.linkText === undefined) return;
    const shown = this.linkText.trimEnd();
    const behind = this.linkText.length > shown.length ? ' ' : '';
    const written = shown === this.link ? shown : `[${shown}](${this.link})`;
    this.linkText = undefined;
    this.append(`${written}${behind}`);
  }

  private closeLink(): void {
    this.endLinkText();
    this.link = undefined;
  }

  /** As a link of Markdown has it; undefined for what leads nowhere. */
  private addressOf(href: string | undefined): string | undefined {
    const address = href?.trim() ?? '';
    if (address === '' || address.length > LONGEST_ADDRESS || NO_ADDRESS.test(address)) return undefined;
    const whole =
      URL.canParse(address, this.base) && this.base !== undefined ? new URL(address, this.base).href : address;
    return whole.replaceAll(
      /[\s()<>]/g,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
  }

  /** What the first row with heads of columns has below it. */
  private endRow(): void {
    const table = this.tables.at(-1);
    if (this.isHead && table?.hasHead === false && this.cells > 1) {
      table.hasHead = true;
      this.lines.push(Array.from({ length: this.cells }, () => '---').join(' | '));
    }
    this.cells = 0;
    this.isHead = false;
  }

  private addPreformatted(text: string): void {
    const [first = '', ...others] = text.split(/\r\n|\n|\r/);
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

  private openCode(language: string): void {
    this.endLine();
    this.startLine();
    this.endLine();
    this.language = language;
    this.codeAt = this.lines.length;
    this.lines.push('');
  }

  /** The marks around code are longer than any in it. */
  private closeCode(): void {
    this.endLine();
    let marks = '```';
    for (const line of this.lines.slice(this.codeAt + 1))
      for (const [inner] of line.matchAll(MARKS_OF_CODE)) if (inner.length >= marks.length) marks = `${inner}\``;
    this.lines[this.codeAt] = `${marks}${this.language}`;
    this.lines.push(marks);
    this.language = '';
  }

  private startLine(): void {
    if (this.isApart && this.lines.length > 0) this.lines.push('');
    this.isApart = false;
    this.append(this.mark);
    this.mark = '';
  }

  private append(text: string): void {
    if (this.linkText === undefined) this.line += text;
    else this.linkText += text;
    if (text !== '') this.endsInSpace = text.endsWith(' ');
  }

  private standApart(): void {
    this.endLine();
    this.isApart = true;
  }

  private endLine(): void {
    this.endLinkText();
    const line = this.line.trimEnd();
    if (line !== '') this.lines.push(line);
    this.line = '';
    this.endsInSpace = true;
  }
}
