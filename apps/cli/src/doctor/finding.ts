import { ExitCode } from '../exit-code.js';

/** What one look of the doctor found. */
export interface Finding {
  readonly part: string;
  /** `failed`: it won't work. `warning`: it works, but should be otherwise. */
  readonly status: 'ok' | 'warning' | 'failed';
  /** What was found and, where it is not ok, what to write or do. */
  readonly detail: string;
  /** Of a failure: whether the configuration is wrong or something is not there. */
  readonly cause?: 'configuration' | 'unavailable';
}

export const ok = (part: string, detail: string): Finding => ({ part, status: 'ok', detail });
export const warning = (part: string, detail: string): Finding => ({ part, status: 'warning', detail });
export const misconfigured = (part: string, detail: string): Finding => ({
  part,
  status: 'failed',
  detail,
  cause: 'configuration',
});
export const unavailable = (part: string, detail: string): Finding => ({
  part,
  status: 'failed',
  detail,
  cause: 'unavailable',
});

/** A wrong configuration is told before what it may have caused. */
export function exitCodeOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ cause }) => cause === 'configuration')) return ExitCode.configuration;
  return findings.some(({ status }) => status === 'failed') ? ExitCode.unavailable : ExitCode.ok;
}
