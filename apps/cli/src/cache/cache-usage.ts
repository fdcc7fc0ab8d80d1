import { UsageError } from '../cli-error.js';

export const CACHE_SYNOPSIS = [
  'cache stats [--scope all|process] | health | test | families | advice',
  '      | keys <family> [--limit <n> | --all] | entry <key>',
  '      | warm --project <slug> | --session <id> | --user <subject or principal> | --all   [--no-wait]',
  '      | invalidate --project <slug> | --session <id> | --context <id> | --user <subject> | --tag <tag> | --key <key>',
  '                   | --family <name> | --all   --reason <text> [--yes]',
  '      | set <family> [--ttl <5m>] [--enabled true|false] [--stale <10s>] [--stale-if-error <1h>] --reason <text> [--yes]',
  '      [--workspace <slug>] [--json]',
].join('\n');

export function cacheUsage(message: string): UsageError {
  return new UsageError(message, CACHE_SYNOPSIS);
}
