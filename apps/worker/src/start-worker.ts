import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { KeepsakeConfig } from '#config';
import { KeepsakeLogger } from '#observability';
import { JobWorker } from '#queue';
import { WorkerModule } from './worker.module.js';

/** Starts a process that does jobs and nothing else. Rejects, with everything closed, where a job has no handler. */
export async function startWorker(config: KeepsakeConfig): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), {
    logger: new KeepsakeLogger(config.log),
    abortOnError: false,
  });
  try {
    await app.get(JobWorker).start();
    return app;
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}
