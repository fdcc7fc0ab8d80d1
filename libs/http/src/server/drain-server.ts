import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HttpConfig } from '#config';
import { HealthRegistry } from '#observability';

/**
 * Ends the serving in order: `/health/ready` says no at once; for the configured delay new connections are still
 * taken, so that a balancer can notice; then the door is closed, requests that have begun are finished, and every
 * connection is closed after its answer. Resolves when the last one is gone. May be called twice.
 */
export async function drainServer(app: NestFastifyApplication): Promise<void> {
  app.get(HealthRegistry).startDraining();
  await sleep(app.get(HttpConfig).shutdownDelayMs);
  await app.getHttpAdapter().getInstance().close();
}
