import { Test } from '@nestjs/testing';
import { TerminusModule } from '@nestjs/terminus';
import { type HealthPart, HealthRegistry } from '#observability';
import { HealthChecks } from './health-checks.js';

const part = (name: string, requiredForReady: boolean, check: () => Promise<HealthPart>) => ({
  name,
  requiredForReady,
  check,
});
const up = async (): Promise<HealthPart> => ({ status: 'up' });
const degraded = async (): Promise<HealthPart> => ({ status: 'degraded', detail: 'slow' });
const failing = () => Promise.reject(new Error('password=hunter2'));

async function checksOf(
  ...parts: ReturnType<typeof part>[]
): Promise<{ checks: HealthChecks; registry: HealthRegistry }> {
  const module = await Test.createTestingModule({
    imports: [TerminusModule.forRoot({ logger: false })],
    providers: [HealthRegistry, HealthChecks],
  }).compile();
  const registry = module.get(HealthRegistry);
  for (const each of parts) registry.register(each);
  return { checks: module.get(HealthChecks), registry };
}

describe('health', () => {
  it('is up where every part is', async () => {
    const { checks } = await checksOf(part('database', true, up), part('cache', false, up));
    expect(await checks.isReady()).toBe(true);
    expect(await checks.report()).toEqual({
      status: 'up',
      parts: { database: { status: 'up' }, cache: { status: 'up' } },
    });
  });

  it('T32 is degraded, and ready, where a part is slow or one that is not needed is down', async () => {
    for (const check of [degraded, failing]) {
      const { checks } = await checksOf(part('database', true, up), part('cache', false, check));
      expect(await checks.isReady()).toBe(true);
      expect((await checks.report()).status).toBe('degraded');
    }
    expect(await (await checksOf(part('database', true, degraded))).checks.isReady()).toBe(true);
  });

  it('is down, and not ready, where a needed part is; why it failed stays inside', async () => {
    const { checks } = await checksOf(part('database', true, failing), part('cache', false, up));
    expect(await checks.isReady()).toBe(false);
    expect(await checks.report()).toEqual({
      status: 'down',
      parts: { database: { status: 'down', detail: 'The check failed.' }, cache: { status: 'up' } },
    });
  });

  it('T50 is asked again each time', async () => {
    let status: HealthPart['status'] = 'up';
    const { checks } = await checksOf(part('database', true, async () => ({ status })));
    expect(await checks.isReady()).toBe(true);
    status = 'down';
    expect(await checks.isReady()).toBe(false);
    status = 'up';
    expect(await checks.isReady()).toBe(true);
  });

  it('takes a part that does not answer for down', async () => {
    const { checks } = await checksOf(part('database', true, () => new Promise(() => {})));
    jest.useFakeTimers();
    const asked = checks.report();
    await jest.advanceTimersByTimeAsync(801);
    jest.useRealTimers();
    expect(await asked).toMatchObject({ status: 'down', parts: { database: { detail: 'No answer within 800 ms.' } } });
  });

  it('T65 takes a part that does not answer for what it says it is then', async () => {
    const whenLate: HealthPart = { status: 'degraded', detail: 'each process alone' };
    const silent = { ...part('limits', false, () => new Promise<HealthPart>(() => {})), whenLate };
    const { checks } = await checksOf(part('database', true, up), silent);
    jest.useFakeTimers();
    const asked = checks.report();
    await jest.advanceTimersByTimeAsync(801);
    jest.useRealTimers();
    expect(await asked).toEqual({ status: 'degraded', parts: { database: { status: 'up' }, limits: whenLate } });
  });

  it('is down from the moment that the server drains', async () => {
    const { checks, registry } = await checksOf(part('database', true, up));
    registry.startDraining();
    expect(await checks.isReady()).toBe(false);
    expect((await checks.report()).status).toBe('down');
  });
});
