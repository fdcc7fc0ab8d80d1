import { UsageError } from '../cli-error.js';

export const EXPORT_SYNOPSIS = 'export <project> [--output <file>|-] [--workspace <slug>] [--json]';
export const IMPORT_SYNOPSIS = [
  'import <file>|- [--project <slug>] [--dry-run] [--conflict skip|overwrite|new_version]',
  '      [--workspace <slug>] [--json]',
].join('\n');

const SLUG = /^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/;

/** As every call names a project. @throws UsageError */
export function projectOf(name: string, synopsis: string): string {
  if (SLUG.test(name)) return name;
  throw new UsageError(
    `${JSON.stringify(name)} is no name of a project: 1 to 100 of a-z, 0-9 and inner . _ -`,
    synopsis,
  );
}
