/*
 * Conditions that several statements on the index share. Documents are rows of `search_documents`, segments of `search_segments`.
 */

/**
 * Whether the segment `s` holds a phrase, by its terms, or where it has none, in `written`. A phrase is words of letters
 * and digits with a space between two.
 */
export const holds = (phrase: string, written: string) =>
  `CASE WHEN numnode(phraseto_tsquery($3::regconfig, ${phrase})) > 0 THEN s.vector @@ phraseto_tsquery($3::regconfig, ${phrase})
        ELSE ${written} ~* ${asWritten(phrase)} END`;
export const asWritten = (phrase: string) =>
  `('(^|[^[:alnum:]])' || replace(${phrase}, ' ', '[^[:alnum:]]+') || '($|[^[:alnum:]])')`;

/** Whether a document is no message of a conversation that goes on, where that is asked. */
export const isSettled = (
  asked: string,
  document: string,
) => `(${asked}::boolean IS NOT TRUE OR ${document}.kind <> 'message' OR EXISTS (
      SELECT FROM messages AS m JOIN conversations AS c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
      WHERE m.workspace_id = $1 AND m.id = ${document}.id AND c.archived_at IS NOT NULL))`;
