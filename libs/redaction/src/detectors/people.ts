import type { SecretPattern } from './detector.js';

const DIGITS = /\D/g;

/** E-mail addresses (the forms of RFC 5321 that people have), without those of version control. */
export const emailPatterns: readonly SecretPattern[] = [
  {
    kind: 'email',
    hints: ['@'],
    pattern:
      /(?<![\p{L}\p{N}._%+'/-])[\p{L}\p{N}][\p{L}\p{N}._%+'-]*@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,24}(?![\p{L}\p{N}_])/gu,
    accepts: (address) => !address.startsWith('git@'),
  },
];

/** Phone numbers: in international form (ITU-T E.123), and as they are written in North America. */
export const phonePatterns: readonly SecretPattern[] = [
  {
    kind: 'phone',
    hints: ['+'],
    pattern: /(?<![\w+.-])\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?![\w-])(?!\.\d)/g,
  },
  {
    kind: 'phone',
    hints: ['00'],
    pattern: /(?<![\w+.,-])00[1-9]\d?(?:[ ()/-]{1,2}\d+){2,6}(?![\w-])(?!\.\d)/g,
    accepts: (number) => {
      const { length } = number.replaceAll(DIGITS, '');
      return length >= 10 && length <= 17;
    },
  },
  {
    kind: 'phone',
    hints: ['-', '.', ') '],
    pattern: /(?<![\w+.,/-])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-.])[2-9]\d{2}[-.]\d{4}(?![\w-])(?!\.\d)/g,
  },
];
