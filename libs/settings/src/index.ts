export { PreferenceRules } from './preference-rules.js';
export type { RedactionDetector, RedactionSettings } from './settings.js';
export { SettingsApiModule, SettingsModule } from './settings.module.js';
export { SettingsService } from './settings.service.js';
