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

/**
 * Finds what would be read as something else than is written: a number that no double holds (beyond 2^53, or of too many
 * digits), negative zero, and a name that an object has twice, of which one would be lost. So what is stored is given
 * back as it was sent, or it is refused. Linear in the length; stops at the first finding.
 * @param json valid JSON (RFC 8259)
 */
export function findInexactJson(json: string): Pick<ErrorIssue, 'pointer' | 'detail'> | undefined {
  const open: Container[] = [];
  let isName = false;
  const found = (detail: string) => ({ pointer: open.map(stepOf).join(''), detail });
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
          container.name = JSON.parse(json.slice(at, end + 1)) as string;
          if (container.names.has(container.name)) return found('is there twice');
          container.names.add(container.name);
        }
        at = end;
        break;
      }
      default: {
        NUMBER.lastIndex = at;
        const literal = NUMBER.exec(json)?.[0];
        if (literal === undefined) break;
        if (!isExact(literal))
          return found('is a number that would not be kept exactly; write it as a text, or with fewer digits');
        at += literal.length - 1;
      }
    }
  }
  return undefined;
}

/** Where the string that begins at `start` is closed. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let before = end - 1;
    while (json[before] === '\\') before--;
    if ((end - before) % 2 === 1) return end;
  }
}

function stepOf({ names, name, index }: Container): string {
  return `/${names === undefined ? index : escapePointer(name)}`;
}

function isExact(literal: string): boolean {
  const value = Number(literal);
  if (Object.is(value, -0)) return false;
  if (literal.length <= SAFE_LENGTH && !/e/i.test(literal)) return true;
  return decimalOf(literal) === decimalOf(String(value));
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
