import type { ErrorIssue } from '#kernel';
import { escapePointer } from './text-safety.js';

const NUMBER = /-?\d[\d.eE+-]*/y;

/** Decimals of so few digits have a double of their own, which is written with the same digits (IEEE 754, 15 of them). */
const SAFE_LENGTH = 15;

interface Container {
  /** Of an object; undefined of an array. */
  readonly names: Set<string> | undefined;
  name: string;
  index: number;
}

/** What JSON would be read as something else than is written. */
interface InexactJson {
  /** From the root: names of objects, places of arrays. */
  readonly path: readonly (string | number)[];
  /** A number as it is written; undefined for a name that its object has twice. */
  readonly literal: string | undefined;
}

/**
 * Finds what would be read as something else than is written. So what is stored is given back as it was sent, or it is
 * refused. Linear in the length; stops at the first finding.
 * @param json valid JSON (RFC 8259)
 */
export function findInexactJson(json: string): Pick<ErrorIssue, 'pointer' | 'detail'> | undefined {
  for (const { path, literal } of inexactJson(json)) {
    const detail =
      literal === undefined
        ? 'is there twice'
        : 'is a number that would not be kept exactly; write it as a text, or with fewer digits';
    return { pointer: path.map((step) => `/${escapePointer(String(step))}`).join(''), detail };
  }
  return undefined;
}

/**
 * All of what would be read as something else than is written, in order: numbers that no double holds (beyond 2^53, or of
 * too many digits), negative zero, and names that an object has twice, of which the last one is read. Linear in the length.
 * @param json valid JSON (RFC 8259)
 */
export function* inexactJson(json: string): Generator<InexactJson> {
  const open: Container[] = [];
  let isName = false;
  const pathOf = () => open.map(({ names, name, index }) => (names === undefined ? index : name));
  for (let at = 0; at < json.length; at++) {
    const container = open.at(-1);
    switch (json[at]) {
      case '{':
      case '[':
        isName = json[at] === '{';
        open.push({ names: isName ? new Set() : undefined, name: '', index: 0 });
        break;
      case '}':
      case ']':
        open.pop();
        isName = false;
        break;
      case ',':
        if (container !== undefined) container.index++;
        isName = container?.names !== undefined;
        break;
      case '"': {
        const end = endOfString(json, at);
        if (isName && container?.names !== undefined) {
          isName = false;
          container.name = readString(json, at, end);
          if (container.names.has(container.name)) yield { path: pathOf(), literal: undefined };
          container.names.add(container.name);
        }
        at = end;
        break;
      }
      default: {
        NUMBER.lastIndex = at;
        const literal = NUMBER.exec(json)?.[0];
        if (literal === undefined) break;
        if (!isExact(literal)) yield { path: pathOf(), literal };
        at += literal.length - 1;
      }
    }
  }
}

/** @param end where its closing quote stands */
function readString(json: string, start: number, end: number): string {
  const inside = json.slice(start + 1, end);
  return inside.includes('\\') ? (JSON.parse(`"${inside}"`) as string) : inside;
}

/** Where the string that begins at `start` is closed. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let before = end - 1;
    while (json[before] === '\\') before--;
    if ((end - before) % 2 === 1) return end;
  }
}

function isExact(literal: string): boolean {
  const value = Number(literal);
  if (Object.is(value, -0)) return false;
  if (literal.length <= SAFE_LENGTH && !/e/i.test(literal)) return true;
  const shortest = String(value);
  return literal === shortest || decimalOf(literal) === decimalOf(shortest);
}

/** The same for two literals exactly if they are the same number: significant digits and the power of ten behind them. */
function decimalOf(literal: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(literal) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  if (end === 0) return whole === '' ? literal : '0';
  return `${sign}${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
