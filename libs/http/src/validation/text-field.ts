import { z } from 'zod';

/** A text that is kept as it is given, spaces at its ends as well, and holds something else than spaces. */
export function textField(maxLength: number): z.ZodString {
  return z.string().min(1).max(maxLength).refine(isNotBlank, 'must not be empty');
}

function isNotBlank(value: string): boolean {
  return value.trim() !== '';
}
