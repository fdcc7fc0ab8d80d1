import { UsageError } from '../cli-error.js';

export const LIMITS_SYNOPSIS = [
  'limits look <principal> [--tier <name>]',
  '       | reset <principal> [--tier <name>] --reason <text> [--yes]',
  '       [--workspace <slug>] [--json]',
].join('\n');

export function limitsUsage(message: string): UsageError {
  return new UsageError(message, LIMITS_SYNOPSIS);
}
