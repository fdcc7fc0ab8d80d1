import type { Finding } from './detector.js';

/** Digits in one run, or in groups that one space or hyphen parts. */
const CARD = /(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-])(?!\.\d)/g;
/** Of issuers of payment cards (ISO/IEC 7812): first digits, and how many there are in all. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720))/, [16]],
  [/^3[47]/, [15]],
  [/^3(?:0[0-5]|[689])/, [14, 16, 19]],
  [/^(?:6011|64[4-9]|65)/, [16, 19]],
  [/^35(?:2[89]|[3-8]\d)/, [16, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^220[0-4]/, [16, 19]],
  [/^(?:50|5[6-8]|6[37])/, [16, 18, 19]],
];
/** Lengths of the groups of a card that is written in groups. */
const GROUPS = /^(?:4,4,4,[1-4]|4,4,4,4,3|4,6,[45]|6,13|4,5,6)$/;

/** Numbers of payment cards by issuer, length and the check digit of ISO/IEC 7812-1 (Luhn). */
export function* findCards(text: string): Iterable<Finding> {
  for (const { 0: found, index } of text.matchAll(CARD)) {
    if (isCard(found)) yield { kind: 'card-number', start: index, end: index + found.length };
  }
}

/** @param written digits, in groups or not */
function isCard(written: string): boolean {
  const groups = written.split(/[ -]/);
  if (groups.length > 1 && !GROUPS.test(groups.map(({ length }) => length).join(','))) return false;
  const digits = groups.join('');
  const isIssued = ISSUERS.some(([first, lengths]) => lengths.includes(digits.length) && first.test(digits));
  return isIssued && passesLuhn(digits);
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

const IBAN_START = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?=[ -]?[A-Z0-9])/g;
/** Characters of an IBAN by country (ISO 13616, registry release 99). */
const IBAN_LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 ' +
    'FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 ' +
    'LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 ' +
    'SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((row) => [row.slice(0, 2), Number(row.slice(2))]),
);

/** International bank account numbers by country, length and the check digits of ISO 7064 (MOD 97-10). */
export function* findIbans(text: string): Iterable<Finding> {
  for (const { 0: found, index } of text.matchAll(IBAN_START)) {
    const length = IBAN_LENGTHS[found.slice(0, 2)];
    if (length === undefined) continue;
    const end = endOfGroups(text, index, length);
    if (end !== undefined && passesMod97(text.slice(index, end).replaceAll(/[ -]/g, '')))
      yield { kind: 'iban', start: index, end };
  }
}

/** Where so many letters and digits end, between which single spaces or hyphens may stand; nothing of them may follow. */
function endOfGroups(text: string, start: number, length: number): number | undefined {
  let at = start;
  for (let count = 0; count < length; at++) {
    if (/[A-Z0-9]/.test(text[at] ?? '')) count++;
    else if (!/[ -]/.test(text[at] ?? '') || !/[A-Z0-9]/.test(text[at + 1] ?? '')) return undefined;
  }
  return /[A-Za-z0-9]/.test(text[at] ?? '') ? undefined : at;
}

function passesMod97(iban: string): boolean {
  const moved = iban.slice(4) + iban.slice(0, 4);
  let rest = 0;
  for (const character of moved) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
