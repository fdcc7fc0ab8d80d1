import type { DomainError } from './domain-error.js';

/** Gives a technology's own failure its meaning in the domain, where it has one. Edges ask it before they call an error a defect. */
export abstract class ErrorTranslator {
  abstract translate(error: unknown): DomainError | undefined;
}
