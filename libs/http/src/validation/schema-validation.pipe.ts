import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { DomainError, type ErrorIssue } from '#kernel';
import { isCheckedApart } from './checked-apart.js';
import { boundedInput } from './bounded-input.js';
import { escapePointer, findUnsafeText } from './text-safety.js';

const partByType: Partial<Record<ArgumentMetadata['type'], NonNullable<ErrorIssue['in']>>> = {
  body: 'body',
  query: 'query',
  param: 'path',
};

/** Validates each part of a request against its zod schema; every offending field is named at once. */
@Injectable()
export class SchemaValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const part = partByType[metadata.type];
    if (part === undefined) return value;
    const prefix = metadata.data === undefined ? '' : `/${escapePointer(metadata.data)}`;
    const schema = metadata.schema as z.ZodType | undefined;
    const unsafe = findUnsafeText(value, (name) => schema !== undefined && isCheckedApart(schema, name));
    if (unsafe !== undefined) throw invalid([{ pointer: prefix + unsafe.pointer, in: part, detail: unsafe.detail }]);
    if (schema === undefined) return value;
    const result = await schema.safeParseAsync(boundedInput(schema, value ?? (part === 'body' ? undefined : {})));
    if (result.success) return result.data;
    throw invalid(result.error.issues.flatMap((issue) => toIssues(issue, part, prefix)));
  }
}

function toIssues(issue: z.core.$ZodIssue, part: NonNullable<ErrorIssue['in']>, prefix: string): ErrorIssue[] {
  const base = prefix + issue.path.map((key) => `/${escapePointer(String(key))}`).join('');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      pointer: `${base}/${escapePointer(key)}`,
      in: part,
      detail: 'is not a known field',
    }));
  return [{ pointer: base, in: part, detail: issue.message }];
}

function invalid(issues: readonly ErrorIssue[]): DomainError {
  const named = issues
    .slice(0, 3)
    .map(
      (issue) =>
        `${issue.pointer === '' ? `the ${issue.in}` : issue.in === 'body' ? issue.pointer : `${issue.in} ${issue.pointer}`}: ${issue.detail}`,
    );
  const more = issues.length > 3 ? `; and ${issues.length - 3} more` : '';
  return new DomainError({
    code: 'invalid-request',
    kind: 'invalid',
    detail: `The request is not valid: ${named.join('; ')}${more}.`,
    issues,
  });
}
