/*
 * Conditions on when versions are valid, of rows of `contexts` under an alias.
 */

/** When a version begins to be valid, as the index of slots has it. */
export const startOf = (version: string) => `coalesce(${version}.valid_from, ${version}.created_at)`;

/** Whether it was not archived at that moment. */
export const isActiveAt = (version: string, moment: string) =>
  `(${version}.archived_at IS NULL OR ${version}.archived_at > ${moment})`;

/** Whether it is valid now, archived or not. What supersedes since it was stored does so at once, whatever clock it was stored by. */
export const isValidNow = (
  version: string,
  now: string,
) => `(${version}.valid_from IS NULL OR ${version}.valid_from <= ${now})
    AND (${version}.valid_to IS NULL OR ${version}.valid_to > ${now})
    AND (${version}.superseded_at IS NULL OR (${version}.superseded_at > ${now} AND EXISTS (
      SELECT FROM contexts AS successor
      WHERE successor.workspace_id = ${version}.workspace_id AND successor.id = ${version}.superseded_by
        AND successor.valid_from IS NOT NULL)))`;

/** Whether it was valid at some moment of that time, both ends included. */
export const wasValidBetween = (version: string, from: string, to: string) => `${startOf(version)} <= ${to}
    AND (${version}.superseded_at IS NULL OR ${version}.superseded_at > ${from})
    AND (${version}.valid_to IS NULL OR ${version}.valid_to > ${from})`;

/**
 * Whether it was there and valid at that moment, and not archived. A later version of its label that was archived since ends it no
 * more today, but did then.
 */
export const isValidAt = (version: string, moment: string) => `${startOf(version)} <= ${moment}
    AND ${isActiveAt(version, moment)}
    AND (${version}.superseded_at IS NULL OR ${version}.superseded_at > ${moment})
    AND (${version}.valid_to IS NULL OR ${version}.valid_to > ${moment})
    AND NOT EXISTS (
      SELECT FROM contexts AS later
      WHERE later.workspace_id = ${version}.workspace_id AND later.label_id = ${version}.label_id
        AND later.version > ${version}.version AND later.archived_at > ${moment} AND ${startOf('later')} <= ${moment})`;
