import { type HealthPart, HealthRegistry } from './health-registry.js';

const part = (name: string, requiredForReady: boolean, check: () => Promise<HealthPart>) => ({
  name,
  requiredForReady,
  check,
});
const up = async (): Promise<HealthPart> => ({ status: 'up' });
const degraded = async (): Promise<HealthPart> => ({ status: 'degraded', detail: 'slow' });
const failing = () => Promise.reject(new Error('password=hunter2'));

function registryOf(...parts: ReturnType<typeof part>[]): HealthRegistry {
  const registry = new HealthRegistry();
  for (const each of parts) registry.register(each);
  return registry;
}

describe('health', () => {
  it('is up where every part is', async () => {
    const registry = registryOf(part('database', true, up), part('cache', false, up));
    expect(await registry.isReady()).toBe(true);
    expect(await registry.report()).toEqual({
      status: 'up',
      parts: { database: { status: 'up' }, cache: { status: 'up' } },
    });
  });

  it('T32 is degraded, and ready, where a part is slow or one that is not needed is down', async () => {
    for (const check of [degraded, failing]) {
      const registry = registryOf(part('database', true, up), part('cache', false, check));
      expect(await registry.isReady()).toBe(true);
      expect((await registry.report()).status).toBe('degraded');
    }
    expect(await registryOf(part('database', true, degraded)).isReady()).toBe(true);
  });

  it('is down, and not ready, where a needed part is; why it failed stays inside', async () => {
    const registry = registryOf(part('database', true, failing), part('cache', false, up));
    expect(await registry.isReady()).toBe(false);
    expect(await registry.report()).toEqual({
      status: 'down',
      parts: { database: { status: 'down', detail: 'The check failed.' }, cache: { status: 'up' } },
    });
  });

  it('T50 is asked anew each time', async () => {
    let status: HealthPart['status'] = 'up';
    const registry = registryOf(part('database', true, async () => ({ status })));
    expect(await registry.isReady()).toBe(true);
    status = 'down';
    expect(await registry.isReady()).toBe(false);
    status = 'up';
    expect(await registry.isReady()).toBe(true);
  });

  it('takes a part that does not answer for down', async () => {
    jest.useFakeTimers();
    const asked = registryOf(part('database', true, () => new Promise(() => {}))).report();
    await jest.advanceTimersByTimeAsync(2_000);
    jest.useRealTimers();
    expect(await asked).toMatchObject({ status: 'down', parts: { database: { detail: 'No answer within 2000 ms.' } } });
  });

  it('is down from the moment that the server drains', async () => {
    const registry = registryOf(part('database', true, up));
    registry.startDraining();
    expect(await registry.isReady()).toBe(false);
    expect((await registry.report()).status).toBe('down');
  });
});
