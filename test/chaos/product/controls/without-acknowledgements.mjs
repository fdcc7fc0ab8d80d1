// @ts-check
/** T53, T54: a write is answered when its own invalidations are delivered, whatever else its answer rests on. */
import { replaceMethod } from './built-class.mjs';

await replaceMethod('InvalidationService', 'acknowledged', () => async () => undefined);
