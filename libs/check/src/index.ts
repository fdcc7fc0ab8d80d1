export type { CheckAnswer, CheckCommand, Reason, RelevantContext, StatedRule } from './check.js';
export { CheckApiModule, CheckModule } from './check.module.js';
export { CheckService } from './check.service.js';
export { type Rule, type RuleKind, ruleKinds } from './rules/rules-of.js';
export type { Violation } from './rules/violations-of.js';
