import { z } from 'zod';

/** How every call names a project. */
export const projectSlug = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/, 'must be 1 to 100 of a-z, 0-9 and inner . _ -');
