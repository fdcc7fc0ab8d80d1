import { Injectable } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { HandlesJob, JobHandlerDiscovery } from './handles-job.js';
import { type JobContext, type JobDefinition, type JobResult, requireNames } from './job.js';
import { JobRegistry } from './job-registry.js';
import { testJob, testTick, type TestPayload } from './testing/job.factory.js';

const enqueued = testJob({ name: 'enqueued' });
const scheduled = testTick({ name: 'scheduled' });
const configured = testTick({ name: 'configured' });

@Injectable()
class Jobs {
  private readonly prefix = 'did ';
  private readonly periodSeconds = 90;

  @HandlesJob(enqueued)
  async work({ text }: TestPayload, { attempt }: JobContext): Promise<JobResult> {
    return { done: `${this.prefix}${text}`, attempt };
  }

  @HandlesJob(scheduled, { everySeconds: 60 })
  async tick(): Promise<void> {}

  @HandlesJob(configured, { everySeconds: ({ periodSeconds }: Jobs) => periodSeconds })
  async tickAsConfigured(): Promise<void> {}
}

@Injectable()
class OthersJobs {
  @HandlesJob(enqueued)
  async work(): Promise<void> {}
}

async function registryOf(...providers: (new () => object)[]): Promise<JobRegistry> {
  const registry = new JobRegistry([enqueued, scheduled, configured] as JobDefinition<object>[]);
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [JobHandlerDiscovery, { provide: JobRegistry, useValue: registry }, ...providers],
  }).compile();
  await module.init();
  await module.close();
  return registry;
}

describe('a method that does a job', () => {
  it('is found in its provider, with the period of its schedule', async () => {
    const registry = await registryOf(Jobs);
    expect([...registry.requireHandlers().keys()].toSorted()).toEqual(['configured', 'enqueued', 'scheduled']);
    expect(registry.schedules.map(({ job, everySeconds }) => [job.name, everySeconds])).toEqual([
      ['scheduled', 60],
      ['configured', 90],
    ]);
  });

  it('works on its provider', async () => {
    const handler = (await registryOf(Jobs)).requireHandlers().get('enqueued');
    expect(await handler?.work({ text: 'a' }, { attempt: 2 } as JobContext)).toEqual({ done: 'did a', attempt: 2 });
  });

  it('is missed where no provider has it', async () => {
    const registry = await registryOf(OthersJobs);
    expect(() => registry.requireHandlers()).toThrow('No handler for the jobs scheduled, configured');
  });

  it('is the only one of its job', async () => {
    await expect(registryOf(Jobs, OthersJobs)).rejects.toThrow('The job enqueued has two handlers.');
  });
});

describe('names of jobs', () => {
  it('are unique and in kebab-case', () => {
    expect(() => requireNames([testJob({ name: 'Sweep_All' })])).toThrow('"Sweep_All" is no name for a job');
    expect(() => requireNames([testJob({ name: 'sweep' }), testJob({ name: 'sweep' })])).toThrow(
      'The job sweep is declared twice.',
    );
  });
});
