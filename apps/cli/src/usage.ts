import { UsageError } from './cli-error.js';

export const BENCH_SYNOPSIS = 'bench [server] | redis   [--seconds <3>] [--callers <16>] [--workspace <slug>] [--json]';

export function benchUsage(message: string): UsageError {
  return new UsageError(message, BENCH_SYNOPSIS);
}

export const KEYS_SYNOPSIS =
  'keys list | create --name <name> --scopes <a,b> [--expires 30d] | rotate <id> | revoke <id>   [--workspace <slug>] [--json]';

export function keysUsage(message: string): UsageError {
  return new UsageError(message, KEYS_SYNOPSIS);
}

export const LIMITS_SYNOPSIS = [
  'limits look <principal> [--tier <name>]',
  '       | reset <principal> [--tier <name>] --reason <text> [--yes]',
  '       [--workspace <slug>] [--json]',
].join('\n');

export function limitsUsage(message: string): UsageError {
  return new UsageError(message, LIMITS_SYNOPSIS);
}

export const SETTINGS_SYNOPSIS = [
  'settings show | set [--redaction off|report|mask|refuse] [--detect <a,b>] [--ignore <a,b>] [--preference-schema <file>|none]',
  '       [--workspace <slug>] [--json]',
].join('\n');

export function settingsUsage(message: string): UsageError {
  return new UsageError(message, SETTINGS_SYNOPSIS);
}

export const EXPORT_SYNOPSIS = 'export <project> [--output <file>|-] [--workspace <slug>] [--json]';
export const IMPORT_SYNOPSIS = [
  'import <file>|- [--project <slug>] [--dry-run] [--conflict skip|overwrite|new_version]',
  '      [--workspace <slug>] [--json]',
].join('\n');

export const TRANSCRIPT_SYNOPSIS = [
  'import-transcript <file>|- [--project <default>] [--format openai|anthropic|chatgpt|claude|claude-code|codex]',
  '      [--external-id <name>] [--user <name>] [--dry-run] [--workspace <slug>] [--json]',
].join('\n');

export const FORGET_SYNOPSIS = [
  'forget <project> <label> | <project> --id <id> [--all-versions]   [--tombstone] --reason <text> [--yes]',
  '       [--workspace <slug>] [--json]',
].join('\n');

export function forgetUsage(message: string): UsageError {
  return new UsageError(message, FORGET_SYNOPSIS);
}

export const TOMBSTONES_SYNOPSIS = [
  'tombstones list <project> | lift <project> <id> [--yes]',
  '       [--workspace <slug>] [--json]',
].join('\n');

export function tombstonesUsage(message: string): UsageError {
  return new UsageError(message, TOMBSTONES_SYNOPSIS);
}

export const USERS_SYNOPSIS = 'users erase <user> [--yes] | erasure <user>   [--workspace <slug>] [--json]';

export function usersUsage(message: string): UsageError {
  return new UsageError(message, USERS_SYNOPSIS);
}

const SLUG = /^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/;

/** As every call names a project. @throws UsageError */
export function projectOf(name: string, synopsis: string): string {
  if (SLUG.test(name)) return name;
  throw new UsageError(
    `${JSON.stringify(name)} is no name of a project: 1 to 100 of a-z, 0-9 and inner . _ -`,
    synopsis,
  );
}

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

/** Why something is done, for the audit. */
export function reasonOf(text: string | undefined, action: string, usage: (message: string) => UsageError): string {
  const reason = text?.trim() ?? '';
  if (reason.length < 3 || reason.length > 500)
    throw usage(`${action} needs --reason with 3 to 500 characters; it is kept in the audit.`);
  return reason;
}
