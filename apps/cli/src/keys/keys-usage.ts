import { UsageError } from '../cli-error.js';

export const KEYS_SYNOPSIS =
  'keys list | create --name <name> --scopes <a,b> [--expires 30d] | rotate <id> | revoke <id>   [--workspace <slug>] [--json]';

export function keysUsage(message: string): UsageError {
  return new UsageError(message, KEYS_SYNOPSIS);
}
