import type { UsageError } from './cli-error.js';

/** Why something is done, for the audit. */
export function reasonOf(text: string | undefined, action: string, usage: (message: string) => UsageError): string {
  const reason = text?.trim() ?? '';
  if (reason.length < 3 || reason.length > 500)
    throw usage(`${action} needs --reason with 3 to 500 characters; it is kept in the audit.`);
  return reason;
}
