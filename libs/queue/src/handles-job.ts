import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { JobDefinition, JobWork } from './job.js';
import { JobRegistry } from './job-registry.js';

const HANDLED_JOB = Symbol('handled job');

interface Schedule<Provider> {
  /** A whole number of seconds from 1 to 86,400, or where the provider finds it. */
  readonly everySeconds: number | ((provider: Provider) => number);
}

interface HandledJob {
  readonly job: JobDefinition<object>;
  readonly schedule: Schedule<any> | undefined;
}

/**
 * This method of a provider does that job: see `JobWork`. A job with a schedule is due once in each period and has an
 * empty payload; others are done when they are enqueued.
 */
export function HandlesJob<Payload extends object, Provider = unknown>(
  job: JobDefinition<Payload>,
  schedule?: Schedule<Provider>,
) {
  return <Method extends JobWork<Payload>>(
    _prototype: object,
    _name: string | symbol,
    { value }: TypedPropertyDescriptor<Method>,
  ): void => {
    Reflect.defineMetadata(HANDLED_JOB, { job, schedule } satisfies HandledJob, value as object);
  };
}

/** Finds the methods that do jobs among the providers of the application, before its worker starts. */
@Injectable()
export class JobHandlerDiscovery implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly registry: JobRegistry,
  ) {}

  onModuleInit(): void {
    const providers = new Set(this.discovery.getProviders().map(({ instance }): unknown => instance));
    for (const provider of providers) {
      if (typeof provider !== 'object' || provider === null) continue;
      const methods = provider as Record<string, JobWork>;
      for (const name of this.scanner.getAllMethodNames(Object.getPrototypeOf(provider) as object | null)) {
        const work = methods[name];
        const handled = work && (Reflect.getMetadata(HANDLED_JOB, work) as HandledJob | undefined);
        if (work === undefined || handled === undefined) continue;
        const every = handled.schedule?.everySeconds;
        const everySeconds = typeof every === 'function' ? every(provider) : every;
        this.registry.register({ job: handled.job, work: work.bind(provider), ...(every && { everySeconds }) });
      }
    }
  }
}
