export type { Redaction } from './redaction.js';
export { RedactionModule } from './redaction.module.js';
export { Redactor } from './redactor.js';
