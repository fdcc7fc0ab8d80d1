/**
 * Rules of Prometheus whose windows and waits are seconds instead of minutes, hours and days, so that a test can cause
 * what they watch. Conditions and thresholds stay, but for two that are times themselves.
 */
export function earliestAlerts(rules: string): string {
  const replaced = rules
    .replaceAll(/for: \d+m/g, 'for: 2s')
    .replaceAll(/\[\d+[mh]\]/g, '[30s]')
    .replaceAll(/offset 1d/g, 'offset 45s')
    .replace('cache_oldest_invalidation_seconds) > 30', 'cache_oldest_invalidation_seconds) > 3')
    .replace('job_queue_oldest_due_seconds) > 300', 'job_queue_oldest_due_seconds) > 5');
  if (/\[\d+[mh]\]|for: \d+m|offset \d+[dh]|> 30\b|> 300\b/.test(replaced)) throw new Error('a rule keeps its time');
  return replaced;
}
