/** `TEST_WHOLE_TABLES=true` tries every row of every table on both databases; that takes much longer. */
export const ARE_TABLES_WHOLE = process.env['TEST_WHOLE_TABLES'] === 'true';

/**
 * The rows of a table that is tried on both databases: all of them on PostgreSQL, and a fixed part on the embedded one,
 * whose requests take twice as long.
 *
 * @param kindOf the part has the first row of each kind; without it, each fourth row
 */
export function rowsFor<Row>(isOutside: boolean, rows: readonly Row[], kindOf?: (row: Row) => unknown): readonly Row[] {
  if (isOutside || ARE_TABLES_WHOLE) return rows;
  if (kindOf === undefined) return rows.filter((_, place) => place % 4 === 0);
  const kinds = rows.map(kindOf);
  return rows.filter((_, place) => kinds.indexOf(kinds[place]) === place);
}
