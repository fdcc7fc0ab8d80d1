export { until as eventually } from '../setup/services/until.mjs';
