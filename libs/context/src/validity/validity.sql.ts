/*
 * Conditions on when versions are valid, of rows of `contexts` under an alias.
 */

/** When a version begins to be valid, as the index of slots has it. */
export const startOf = (version: string) => `coalesce(${version}.valid_from, ${version}.created_at)`;

/** Whether it was not archived at that moment. */
export const isActiveAt = (version: string, moment: string) =>
  `(${version}.archived_at IS NULL OR ${version}.archived_at > ${moment})`;

/** Whether it was valid at some moment of that time, both ends included. */
export const wasValidBetween = (version: string, from: string, to: string) => `${startOf(version)} <= ${to}
    AND (${version}.superseded_at IS NULL OR ${version}.superseded_at > ${from})
    AND (${version}.valid_to IS NULL OR ${version}.valid_to > ${from})`;

/** Whether it was there and valid at that moment, and not archived. */
export const isValidAt = (version: string, moment: string) => `${startOf(version)} <= ${moment}
    AND ${isActiveAt(version, moment)}
    AND (${version}.superseded_at IS NULL OR ${version}.superseded_at > ${moment})
    AND (${version}.valid_to IS NULL OR ${version}.valid_to > ${moment})`;
