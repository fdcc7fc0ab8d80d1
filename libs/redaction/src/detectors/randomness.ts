/** Written where a key would stand: `xxxx`, `****`, `0000`, `....`, and words that say so. */
const PLACEHOLDER = /^[xX*.0_-]+$|[Xx*]{8}|\.{3}/;
const PLACEHOLDER_WORD =
  /(?:^|[_\W])(?:your|insert|replace|changeme|change-me|placeholder|redacted|dummy|fake)(?:[_\W]|$)/i;

/** Whether a text of letters and digits may be a key: no placeholder, and no words that are joined. */
export function isKeyLike(text: string): boolean {
  if (PLACEHOLDER.test(text) || PLACEHOLDER_WORD.test(text)) return false;
  if (!/[_-]/.test(text)) return true;
  return /\d/.test(text) && (isMixedCase(text) || isHex(text));
}

/** Whether it is random for all that can be said: letters of both cases and digits, or long hexadecimal. */
export function isRandomLike(text: string): boolean {
  if (!isKeyLike(text) || UUID.test(text)) return false;
  return /\d/.test(text) && /[A-Za-z]/.test(text) && (isMixedCase(text) || isHex(text) || isPacked(text));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function isMixedCase(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text);
}

function isHex(text: string): boolean {
  return /^[0-9a-f_-]{32,}$/i.test(text);
}

/** Letters of one case and digits in turn, as in a token in base 32 or 36: no words with a number behind. */
function isPacked(text: string): boolean {
  return (text.match(/\d[A-Za-z]/g)?.length ?? 0) >= 3;
}
