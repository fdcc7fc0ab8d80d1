import { UsageError } from '../cli-error.js';

export const BENCH_SYNOPSIS = 'bench [server] | redis   [--seconds <3>] [--callers <16>] [--workspace <slug>] [--json]';

export function benchUsage(message: string): UsageError {
  return new UsageError(message, BENCH_SYNOPSIS);
}
