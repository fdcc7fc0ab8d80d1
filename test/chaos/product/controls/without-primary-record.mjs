// @ts-check
/** T51: nobody outside Redis knows which servers took the writes in between. */
import { replaceMethod } from './built-class.mjs';

const TERM = '00000000-0000-4000-8000-000000000000';

await replaceMethod('SqlPrimaryRecord', 'agree', () => async () => ({ term: TERM, renewed: [], ageMs: undefined }));
await replaceMethod('SqlPrimaryRecord', 'current', () => async () => TERM);
