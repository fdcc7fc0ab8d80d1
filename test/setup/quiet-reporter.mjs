// @ts-check
import { relative } from 'node:path';

const PROGRESS_MS = 60_000;

/**
 * Prints what failed, as it fails, and at the end once more its names and the sum: the end of a log is what is always
 * kept. What passes prints nothing, but for one line a minute, so that a long run is known to be alive.
 */
export default class QuietReporter {
  #root;
  #startMs = performance.now();
  #progressMs = this.#startMs;
  /** @type {string[]} */
  #failed = [];

  /** @param {{ rootDir: string }} globalConfig */
  constructor({ rootDir }) {
    this.#root = rootDir;
  }

  /**
   * @param {import('@jest/reporters').Test} test
   * @param {import('@jest/reporters').TestResult} result
   * @param {import('@jest/reporters').AggregatedResult} sum
   */
  onTestResult({ path, context }, result, sum) {
    const suite = `${context.config.displayName?.name ?? ''} ${relative(this.#root, path)}`.trim();
    if (result.testExecError !== undefined || result.numFailingTests > 0) {
      console.error(`\nFAIL ${suite}\n${(result.console ?? []).map(({ message }) => message).join('\n')}`);
      console.error(result.failureMessage ?? String(result.testExecError?.message));
      const names = result.testResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
      this.#failed.push(...(names.length > 0 ? names : ['the file does not load']).map((name) => `${suite} › ${name}`));
    }
    const nowMs = performance.now();
    if (nowMs - this.#progressMs < PROGRESS_MS) return;
    this.#progressMs = nowMs;
    const done = sum.numPassedTestSuites + sum.numFailedTestSuites;
    console.error(`${done} of ${sum.numTotalTestSuites} test suites, ${this.#failed.length} tests failed`);
  }

  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} sum
   */
  onRunComplete(_contexts, sum) {
    if (this.#failed.length > 0)
      console.error(`\nFailed tests:\n${this.#failed.map((name) => `  ${name}`).join('\n')}\n`);
    const seconds = Math.round((performance.now() - this.#startMs) / 1000);
    console.error(
      `Test Suites: ${sum.numFailedTestSuites} failed, ${sum.numPassedTestSuites} passed, ${sum.numTotalTestSuites} total`,
    );
    console.error(
      `Tests:       ${sum.numFailedTests} failed, ${sum.numPassedTests} passed, ${sum.numTotalTests} total`,
    );
    console.error(`Time:        ${seconds} s`);
  }

  /** An open handle or an interrupted run has no error of its own. */
  getLastError() {
    return undefined;
  }
}
