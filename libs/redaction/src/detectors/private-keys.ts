import type { Finding } from './detector.js';

const BEGIN = /-----BEGIN ((?:[A-Z0-9]+ ){0,4})PRIVATE KEY( BLOCK)?-----/g;
const PUTTY = /PuTTY-User-Key-File-\d:/g;
/** A line of a block: bytes in base64, quoted or indented, or a header (RFC 1421, section 4.4). */
const BODY_LINE = /^[\s">|]*(?:[A-Za-z0-9+/=]{16,}[\s"]*|[A-Za-z-]+: .*)?$/;
/** Also where it is escaped. */
const LINE_END = /\\r\\n|\\n|\r?\n/g;
/** In base64; the shortest private key, of Ed25519, has 64. */
const LEAST_KEY_CHARACTERS = 40;
const LINE_LENGTH = 32;

/** Private keys as PEM (PKCS #1, PKCS #8, SEC 1, OpenSSH, PGP) and PuTTY blocks, also where their end is cut off. */
export function* findPrivateKeys(text: string): Iterable<Finding> {
  let from = 0;
  if (text.includes('PRIVATE KEY'))
    for (const match of text.matchAll(BEGIN)) {
      if (match.index < from) continue;
      const bodyStart = match.index + match[0].length;
      const close = `-----END ${match[1] ?? ''}PRIVATE KEY${match[2] ?? ''}-----`;
      const closed = text.indexOf('-----', bodyStart);
      const isClosed = closed >= 0 && text.startsWith(close, closed);
      const body = isClosed ? text.slice(bodyStart, closed) : bodyOf(text, bodyStart);
      if (keyCharacters(body) < LEAST_KEY_CHARACTERS) continue;
      from = isClosed ? closed + close.length : bodyStart + body.length;
      yield { kind: 'private-key', start: match.index, end: from };
    }
  if (!text.includes('PuTTY-User-Key-File-')) return;
  for (const match of text.matchAll(PUTTY)) {
    const mac = text.indexOf('Private-MAC:', match.index);
    const lines = text.indexOf('Private-Lines:', match.index);
    if (lines < 0) continue;
    const end = mac < 0 ? text.length : endOfLine(text, mac);
    yield { kind: 'private-key', start: match.index, end };
  }
}

/** Of a block whose end is cut off: the lines that can be of it. */
function bodyOf(text: string, start: number): string {
  const rest = text.slice(start);
  let from = 0;
  for (const { 0: end, index } of rest.matchAll(LINE_END)) {
    if (!BODY_LINE.test(rest.slice(from, index))) return rest.slice(0, from);
    from = index + end.length;
  }
  return BODY_LINE.test(rest.slice(from)) ? rest : rest.slice(0, from);
}

/** How much of it stands in runs that are longer than words. */
function keyCharacters(body: string): number {
  return body
    .split(/[^A-Za-z0-9+/=]+/)
    .filter((run) => run.length >= LINE_LENGTH)
    .reduce((sum, run) => sum + run.length, 0);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
