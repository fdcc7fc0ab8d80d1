export { SettingsApiModule } from './settings.module.js';
