import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, '../soak/limits/run.mjs');
const execute = promisify(execFile);

describe('npm run soak:limits, in short', () => {
  it('T11 an hour of counters under faults of every kind: none without an expiry, none left behind', async () => {
    const { PATH, HOME } = process.env;
    const { stdout } = await execute(process.execPath, [SCRIPT, '--hours', '1', '--seconds', '6', '--json'], {
      env: { PATH, HOME },
    });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ problems: [], withoutExpiry: 0, tooLong: 0, leftAfterwards: 0 });
    // It saw something: every kind of client and of fault, and refusals.
    expect(Object.keys(result.kinds).sort()).toEqual([
      'address',
      'background',
      'key',
      'provider call',
      'stranger',
      'token',
    ]);
    expect(Object.values<number>(result.faults).every((times) => times > 0)).toBe(true);
    expect(result.faults).toHaveProperty('clock back');
    expect(result.counters).toBeGreaterThan(100);
    expect(result.kinds.address.passed).toBeLessThan(result.kinds.address.asked);
    expect(result.calls).toBeGreaterThan(1_000);
  }, 180_000);
});
