import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { KeepsakeConfig } from '#config';
import { KeepsakeLogger } from '#observability';
import { JobWorker } from '#queue';
import { HealthModule } from '#http';
import { OperationsServer } from './operations-server.js';
import { WorkerModule } from './worker.module.js';

/** A process of its own, which somebody has to be able to watch. */
@Module({})
class WorkerProcessModule {
  static forRoot(config: KeepsakeConfig): DynamicModule {
    return {
      module: WorkerProcessModule,
      imports: [WorkerModule.forRoot(config), HealthModule],
      providers: [OperationsServer],
    };
  }
}

/** Starts a process that does jobs and nothing else. Rejects, with everything closed, where a job has no handler. */
export async function startWorker(config: KeepsakeConfig): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(WorkerProcessModule.forRoot(config), {
    logger: new KeepsakeLogger(config.log),
    abortOnError: false,
  });
  try {
    await app.get(JobWorker, { strict: false }).start();
    return app;
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}
