import { DomainError } from '#kernel';
import { metricsOfATest, providerCallsOfATest } from '../testing/index.js';

describe('calls of providers', () => {
  const call = { operation: 'embeddings', provider: 'voyage', model: 'voyage-4', items: 3, isRemote: true } as const;
  const answer = { tokens: 12, costUsd: 0.25 };

  it('are reported with what they cost, and added up', async () => {
    const reported: string[] = [];
    const { metrics, registry } = metricsOfATest();
    const calls = providerCallsOfATest(reported, metrics);
    for (let i = 0; i < 2; i++)
      await calls.run(
        call,
        async () => answer,
        (spent) => spent,
      );
    expect(JSON.parse(reported[0] ?? '{}')).toMatchObject({
      level: 'info',
      channel: 'api-costs',
      operation: 'embeddings',
      provider: 'voyage',
      model: 'voyage-4',
      items: 3,
      tokens: 12,
      costUsd: 0.25,
      outcome: 'ok',
    });
    const text = await registry.metrics();
    const labels = 'operation="embeddings",provider="voyage",model="voyage-4"';
    expect(text).toContain(`provider_calls_total{${labels},outcome="ok"} 2`);
    expect(text).toContain(`provider_tokens_total{${labels}} 24`);
    expect(text).toContain(`provider_cost_usd_total{${labels}} 0.5`);
    expect(text).toContain(`provider_call_duration_seconds_count{${labels}} 2`);
  });

  it('that fail are reported by the code of their problem, and the caller gets the error', async () => {
    const reported: string[] = [];
    const { metrics, registry } = metricsOfATest();
    const error = new DomainError({ code: 'too-slow', kind: 'timeout', detail: 'It was too slow.' });
    const failing = providerCallsOfATest(reported, metrics).run(
      call,
      () => Promise.reject(error),
      () => answer,
    );
    await expect(failing).rejects.toBe(error);
    expect(JSON.parse(reported[0] ?? '{}')).toMatchObject({
      level: 'warn',
      outcome: 'too-slow',
      tokens: 0,
      costUsd: 0,
    });
    expect(await registry.metrics()).toContain('outcome="too-slow"} 1');
  });

  it('of a model of this process are not logged', async () => {
    const reported: string[] = [];
    await providerCallsOfATest(reported).run(
      { ...call, isRemote: false },
      async () => answer,
      (spent) => spent,
    );
    expect(JSON.parse(reported[0] ?? '{}')).toMatchObject({ level: 'debug' });
  });
});
