import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BootstrapService, type OperatorKeyFile } from '#auth';
import type { KeepsakeConfig } from '#config';
import { createFastifyAdapter, drainServer, prepareServer } from '#http';
import { KeepsakeLogger } from '#observability';

export interface RunningApi {
  readonly app: NestFastifyApplication;
  /** Where it listens, with the port that was really taken. */
  readonly url: string;
  /** Of an embedded database; with the key itself where no start has shown it yet. */
  readonly operatorKey: OperatorKeyFile | undefined;
  /** Takes nothing new and finishes what has begun; the database stays open for others of this process. */
  readonly drain: () => Promise<void>;
}

/**
 * Makes what the first request needs, and listens. The schema is up to date once the application exists.
 * @param beforeListening what else the process does; where it rejects, nothing is served.
 */
export async function startApi(
  root: DynamicModule,
  config: KeepsakeConfig,
  beforeListening: (app: NestFastifyApplication) => Promise<void> = async () => undefined,
): Promise<RunningApi> {
  const app = await NestFactory.create<NestFastifyApplication>(root, createFastifyAdapter(config.http), {
    logger: new KeepsakeLogger(config.log),
    abortOnError: false,
    bodyParser: false,
  });
  try {
    await prepareServer(app);
    // Behind that: other processes have to hear of what it writes, and before the cache is connected nobody confirms it.
    const operatorKey = await app.get(BootstrapService).run();
    await beforeListening(app);
    await app.listen(config.http.port, config.http.host);
    return { app, url: await app.getUrl(), operatorKey, drain: () => drainServer(app) };
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}
