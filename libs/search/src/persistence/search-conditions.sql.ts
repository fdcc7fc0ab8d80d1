/*
 * Conditions that several statements on the index share. Documents are rows of `search_documents`, segments of `search_segments`.
 */

/**
 * Whether the segment `s` holds a phrase: by its terms, and in `written` where it has words that are no terms, which the vector
 * leaves out. A phrase is words of letters and digits with a space between two; accents count for terms alone.
 */
export const holds = (phrase: string, written: string) => {
  const terms = `phraseto_tsquery($3::regconfig, ${phrase})`;
  const unaccented = `regexp_replace(normalize(${written}, NFKD), '[\\u0300-\\u036f]', '', 'g')`;
  return `CASE WHEN numnode(${terms}) = 0 THEN ${written} ~* ${asWritten(phrase)}
        ELSE s.vector @@ ${terms} AND (numnode(${terms}) >= 2 * cardinality(string_to_array(${phrase}, ' ')) - 1
          OR ${unaccented} ~* ${asWritten(phrase, '*')}) END`;
};
/** @param apart how many signs stand between two words: none where the parts of an identifier are words of their own */
export const asWritten = (phrase: string, apart: '+' | '*' = '+') =>
  `('(^|[^[:alnum:]])' || replace(${phrase}, ' ', '[^[:alnum:]]${apart}') || '($|[^[:alnum:]])')`;

/** Whether each of these phrases stands in a segment of the document `id`. */
export const holdsAll = (phrases: string) => `NOT EXISTS (
      SELECT FROM unnest(${phrases}::text[]) AS phrase (words)
      WHERE NOT EXISTS (
        SELECT FROM search_segments AS s
        WHERE s.workspace_id = $1 AND s.document_id = id AND ${holds('phrase.words', 's.text')}))`;

/** Whether none of these phrases stands in a segment of the document `id`. */
export const holdsNone = (exclusions: string) => `NOT EXISTS (
      SELECT FROM unnest(${exclusions}::text[]) AS exclusion (words) CROSS JOIN LATERAL (
        SELECT FROM search_segments AS s
        WHERE s.workspace_id = $1 AND s.document_id = id AND ${holds('exclusion.words', 's.text')} LIMIT 1) AS excluding)`;

/** Whether a row `document` passes the filters of a search; the parameter of one that is not asked for is null. */
export const passesFilters = (
  filters: Readonly<
    Record<'priority' | 'tags' | 'session' | 'since' | 'kinds' | 'settled' | 'validAt' | 'known', string>
  >,
) => `(${filters.priority}::text IS NULL OR priority = ${filters.priority})
    AND (${filters.tags}::text[] IS NULL OR tags @> ${filters.tags})
    AND (${filters.session}::uuid IS NULL OR session_id = ${filters.session})
    AND (${filters.since}::timestamptz IS NULL OR created_at >= ${filters.since})
    AND (${filters.kinds}::text[] IS NULL OR kind = ANY (${filters.kinds}))
    AND ${isSettled(filters.settled, 'document')}
    AND ${isValid(filters.validAt, filters.known, 'document')}`;

/**
 * Whether a document was valid at a moment, where one is asked for; where `known`, also whether it was there by then, or else was
 * said to be valid before. What supersedes since it was stored does so at once, whatever clock it was stored by.
 */
export const isValid = (at: string, known: string, document: string) => `(${at}::timestamptz IS NULL
      OR (${document}.kind <> 'context' AND (NOT ${known}::boolean OR ${document}.created_at <= ${at}::timestamptz))
      OR (${document}.kind = 'context' AND EXISTS (
        SELECT FROM contexts AS c LEFT JOIN contexts AS next ON next.workspace_id = $1 AND next.id = c.superseded_by
        WHERE c.workspace_id = $1 AND c.id = ${document}.id
          AND coalesce(c.valid_from, CASE WHEN ${known}::boolean THEN c.created_at ELSE '-infinity' END) <= ${at}::timestamptz
          AND (c.valid_to IS NULL OR c.valid_to > ${at}::timestamptz)
          AND (c.superseded_at IS NULL
            OR (c.superseded_at > ${at}::timestamptz AND (${known}::boolean OR next.valid_from IS NOT NULL))))))`;

/** When something of the newest versions begins or ends. */
const TIMES = ['superseded_at', 'valid_from', 'valid_to'];
const OF_PROJECT = 'FROM contexts WHERE workspace_id = $1 AND project_id = $2 AND is_latest';

/**
 * Whether contexts of the project have a time of validity, and the next of those times behind a moment. Both are known from
 * indexes that hold only those that have one.
 */
export const datesOfProject = (moment: string) => `
    (SELECT ${TIMES.map((time) => `EXISTS (SELECT ${OF_PROJECT} AND ${time} IS NOT NULL)`).join(' OR ')}) AS is_dated,
    (SELECT min(at) FROM (${TIMES.map(
      (time) => `(SELECT ${time} AS at ${OF_PROJECT} AND ${time} > ${moment}::timestamptz ORDER BY ${time} LIMIT 1)`,
    ).join(' UNION ALL ')}) AS moment) AS next_change`;

/** Whether a document is no message of a conversation that goes on, and no entry that its session has still to hand over, where that is asked. */
export const isSettled = (asked: string, document: string) => `(${asked}::boolean IS NOT TRUE OR CASE ${document}.kind
      WHEN 'message' THEN EXISTS (
        SELECT FROM messages AS m JOIN conversations AS c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
        WHERE m.workspace_id = $1 AND m.id = ${document}.id AND c.archived_at IS NOT NULL)
      WHEN 'entry' THEN NOT EXISTS (
        SELECT FROM sessions AS s
        WHERE s.workspace_id = $1 AND s.id = ${document}.session_id AND s.project_id = ${document}.project_id AND s.finalised_at IS NULL)
        OR EXISTS (
          SELECT FROM handovers AS h
          WHERE h.workspace_id = $1 AND h.session_id = ${document}.session_id AND h.project_id = ${document}.project_id
            AND h.updated_at >= ${document}.created_at)
      ELSE true END)`;
