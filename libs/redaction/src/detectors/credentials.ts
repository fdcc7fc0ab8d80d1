import type { SecretPattern } from './detector.js';
import { isRandomLike } from './randomness.js';

/** Where a password or token would stand: `<password>`, `${PASSWORD}`, `%s`, `***`, the words themselves, and the end of a mask. */
const STANDS_FOR_ONE =
  /^(?:[<[{$%].*|[x*.]+|pass|passwd|password|pwd|pw|secret|token|[a-z-]+\]|process\.env.*|os\.environ.*)$/i;

/** Credentials that are known by what stands before them. */
export const credentialPatterns: readonly SecretPattern[] = [
  {
    kind: 'jwt',
    hints: ['eyJ'],
    pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}/g,
    accepts: isSignedToken,
  },
  {
    kind: 'url-password',
    hints: ['://'],
    pattern: /(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s:/?#@"'<>`]*:([^\s/?#@"'<>`]+)(?=@[A-Za-z0-9[])/g,
    accepts: (password) => !STANDS_FOR_ONE.test(password),
  },
  {
    kind: 'aws-secret-key',
    hints: ['secret', 'SECRET', 'Secret'],
    pattern:
      /aws[_-]?secret[_-]?(?:access[_-]?)?key(?:_?id)?["']?\s{0,4}(?::|=>?)\s{0,4}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    accepts: (secret) => /[a-z]/.test(secret) && /[A-Z]/.test(secret),
  },
  {
    kind: 'azure-key',
    hints: ['AccountKey=', 'SharedAccessKey='],
    pattern: /(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{43,}={0,2})/g,
  },
  {
    kind: 'azure-sas',
    hints: ['sig='],
    pattern: /[?&]sig=([A-Za-z0-9%+/_-]{43,}(?:%3D|=){0,2})/g,
  },
  {
    kind: 'twilio-token',
    hints: ['twilio', 'TWILIO', 'Twilio'],
    pattern: /twilio[_-]?auth[_-]?token["']?\s{0,4}(?::|=>?)\s{0,4}["']?([0-9a-f]{32})(?![0-9a-z])/gi,
  },
  {
    kind: 'npm-token',
    hints: ['_authToken', '_password', '_auth='],
    pattern: /:_(?:authToken|password|auth)\s{0,4}=\s{0,4}["']?([A-Za-z0-9+/=_-]{16,})/g,
  },
  {
    kind: 'bearer-token',
    hints: ['earer', 'EARER', 'oken ', 'asic '],
    pattern:
      /(?:authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:bearer|token|basic)|(?<![A-Za-z0-9])bearer)\s{1,4}([A-Za-z0-9._~+/=-]{20,})/gi,
    accepts: (token) => isRandomLike(token),
  },
  {
    kind: 'assigned-key',
    hints: ['key', 'KEY', 'Key', 'secret', 'SECRET', 'Secret', 'token', 'TOKEN', 'Token', 'passw', 'PASSW', 'Passw'],
    pattern:
      /(?:(?:api|access|secret|account)[_-]?key|subscription-key|client[_-]?secret|(?:access|auth|refresh|api)[_-]?token|password|passwd)["']?\s{0,4}(?::|=>?)\s{0,4}["']?([A-Za-z0-9+/=_.~!@#$%^&*-]+)/gi,
    accepts: (value) => value.length >= 16 && !STANDS_FOR_ONE.test(value) && isRandomLike(value),
  },
];

/** Whether the first part is the header of a JWT (RFC 7515, section 4): JSON that names an algorithm. */
function isSignedToken(token: string): boolean {
  const [header = ''] = token.split('.', 1);
  try {
    const read: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    return typeof read === 'object' && read !== null && ('alg' in read || 'enc' in read);
  } catch {
    return false;
  }
}
