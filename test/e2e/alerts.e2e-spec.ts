import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPrometheus } from '#test/setup/services/prometheus-programs.mjs';
import { alertCases, type Series } from './observability/alert-cases.js';

const ROOT = join(import.meta.dirname, '../..');
const RULES = join(ROOT, 'docker/prometheus/alerts.yml');
const execute = promisify(execFile);

/** One of promtool's unit tests: whether the alert fires at that minute. */
function unitTest(alert: string, series: Series, atMinute: number, fires: boolean): object {
  return {
    name: `${alert} ${fires ? 'fires' : 'rests'}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `max by (alertname) (ALERTS{alertname="${alert}",alertstate="firing"})`,
        eval_time: `${atMinute}m`,
        exp_samples: fires ? [{ labels: `{alertname="${alert}"}`, value: 1 }] : [],
      },
    ],
  };
}

describe('alerts', () => {
  let promtool: string;
  let folder: string;
  let rules: string;
  let names: string[];

  beforeAll(async () => {
    ({ promtool } = await findPrometheus());
    folder = await mkdtemp(join(tmpdir(), 'keepsake-alerts-'));
    rules = await readFile(RULES, 'utf8');
    names = [...rules.matchAll(/^ +- alert: (\S+)$/gm)].map(([, name = '']) => name);
  }, 120_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** @param atMinute of the evaluation: a day is gone through in longer steps */
  async function run(test: object, atMinute: number): Promise<string> {
    const interval = atMinute > 600 ? '5m' : '1m';
    const file = join(folder, 'tests.json');
    await writeFile(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: interval, tests: [test] }));
    try {
      return (await execute(promtool, ['test', 'rules', file])).stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(stdout + stderr, { cause: error });
    }
  }

  it('are valid, and each has a case', async () => {
    const { stdout } = await execute(promtool, ['check', 'rules', RULES]);
    expect(stdout).toContain('SUCCESS');
    expect(names.length).toBeGreaterThan(10);
    expect(names.toSorted()).toEqual(Object.keys(alertCases).toSorted());
  });

  it.each(Object.entries(alertCases))('%s fires when its condition holds', async (alert, { fires, atMinute }) => {
    expect(await run(unitTest(alert, fires, atMinute, true), atMinute)).toContain('SUCCESS');
  });

  it.each(Object.entries(alertCases))('%s rests just short of it', async (alert, { rests, atMinute }) => {
    expect(await run(unitTest(alert, rests, atMinute, false), atMinute)).toContain('SUCCESS');
  });

  it('the check can fail: what rests does not fire', async () => {
    const { rests, atMinute } = alertCases['KeepsakeDown']!;
    await expect(run(unitTest('KeepsakeDown', rests, atMinute, true), atMinute)).rejects.toThrow('FAILED');
  });

  it('say how bad they are, what happens, and where it says what to do', async () => {
    const guide = await readFile(join(ROOT, 'docs/guides/observability.md'), 'utf8');
    const headings = [...guide.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
    for (const name of names) {
      const rule = rules.slice(rules.indexOf(`- alert: ${name}\n`)).split('- alert:')[1];
      expect(rule).toMatch(/severity: (critical|warning) /);
      expect(rule).toContain('summary:');
      expect(rule).toContain(`runbook: docs/guides/observability.md#${name.toLowerCase()}\n`);
      expect(headings).toContain(name);
    }
  });
});
