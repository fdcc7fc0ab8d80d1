export { until as eventually } from '#test/setup/services/until.mjs';
