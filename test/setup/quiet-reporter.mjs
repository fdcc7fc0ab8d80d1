// @ts-check
import { relative } from 'node:path';

const PROGRESS_MS = 60_000;
/** A run of fewer files says nothing of where its time goes. */
const FEWEST_FILES = 20;
const MOST_LISTED = 20;

/**
 * Prints what failed, as it fails, and at the end once more its names and the sum: the end of a log is what is always
 * kept. What passes prints nothing, but for one line a minute, so that a long run is known to be alive. A run of many files shows
 * at its end how long each project and the longest files took.
 */
export default class QuietReporter {
  #root;
  #startMs = performance.now();
  #progressMs = this.#startMs;
  /** @type {string[]} */
  #failed = [];
  /** @type {{ project: string, suite: string, seconds: number }[]} */
  #times = [];

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
    const project = context.config.displayName?.name ?? '';
    const suite = `${project} ${relative(this.#root, path)}`.trim();
    this.#times.push({ project, suite, seconds: Math.round(result.perfStats.runtime / 1000) });
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
    this.#showTimes();
    const seconds = Math.round((performance.now() - this.#startMs) / 1000);
    console.error(
      `Test Suites: ${sum.numFailedTestSuites} failed, ${sum.numPassedTestSuites} passed, ${sum.numTotalTestSuites} total`,
    );
    console.error(
      `Tests:       ${sum.numFailedTests} failed, ${sum.numPassedTests} passed, ${sum.numTotalTests} total`,
    );
    console.error(`Time:        ${seconds} s`);
  }

  #showTimes() {
    if (this.#times.length < FEWEST_FILES) return;
    /** @type {Map<string, number>} */
    const projects = new Map();
    for (const { project, seconds } of this.#times) projects.set(project, (projects.get(project) ?? 0) + seconds);
    console.error(`Seconds of files: ${[...projects].map(([name, seconds]) => `${name} ${seconds}`).join(', ')}`);
    const longest = this.#times.toSorted((a, b) => b.seconds - a.seconds).slice(0, MOST_LISTED);
    console.error(`The longest:\n${longest.map(({ suite, seconds }) => `  ${seconds} ${suite}`).join('\n')}\n`);
  }

  /** An open handle or an interrupted run has no error of its own. */
  getLastError() {
    return undefined;
  }
}
