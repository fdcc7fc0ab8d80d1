import { z } from 'zod';
import type { Authorship } from '#kernel';

/** Of answers about what somebody wrote. */
export const authorFields = {
  createdBy: z.string().nullable().meta({
    description:
      'Who wrote it: `key:` and the id of the key, or `jwt:` and the subject; of what was imported, who imported it. Null: the server by itself, or an earlier release.',
  }),
  importedAuthor: z.string().nullable().meta({
    description: 'Who wrote it where it was exported, as the file says, which nobody has checked. Null: not imported.',
  }),
};

export function toAuthorResponse({ createdBy, importedAuthor }: Authorship): Authorship {
  return { createdBy, importedAuthor };
}
