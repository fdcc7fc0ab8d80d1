import type { ForgottenTexts } from '../tombstones/forgotten-texts.js';

/** Nothing was forgotten, and nothing is rejected. */
export const noForgottenTexts = {
  refuse: () => Promise.resolve(),
} as Partial<ForgottenTexts> as ForgottenTexts;
