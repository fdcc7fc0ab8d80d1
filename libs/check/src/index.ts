export type { CheckAnswer, CheckCommand, Reason, RelevantContext, StatedRule } from './check.js';
export { CheckApiModule } from './check-api.module.js';
export { CheckModule } from './check.module.js';
export { CheckService } from './check.service.js';
export { type Rule, type RuleKind, ruleKinds } from './rules/rule.js';
export type { Violation } from './rules/violations-of.js';
