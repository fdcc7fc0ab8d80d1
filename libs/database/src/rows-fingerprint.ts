/**
 * An aggregate in SQL that differs whenever a row of a selection was added, changed or removed. The table has an `id`.
 *
 * `xmin` is the transaction that wrote the row last, so a change that puts back what was there differs as well.
 */
export const ROWS_FINGERPRINT = "concat(count(*), ':', bit_xor(hashtextextended(id::text || xmin::text, 0)))";
