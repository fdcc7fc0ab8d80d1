import { type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BootstrapService, type FirstKey } from '#auth';
import type { KeepsakeConfig } from '#config';
import { SchemaMigrator } from '#database';
import { createFastifyAdapter, prepareServer } from '#http';
import { KeepsakeLogger } from '#observability';

export interface RunningApi {
  readonly app: NestFastifyApplication;
  /** Where it listens, with the port that was really taken. */
  readonly url: string;
  /** A key made now, at the first start of an embedded database. */
  readonly firstKey: FirstKey | undefined;
}

/** Brings the schema up to date, makes what the first request needs, and listens. */
export async function startApi(root: DynamicModule, config: KeepsakeConfig): Promise<RunningApi> {
  const app = await NestFactory.create<NestFastifyApplication>(root, createFastifyAdapter(config.http), {
    bufferLogs: true,
    abortOnError: false,
    bodyParser: false,
  });
  try {
    app.useLogger(app.get(KeepsakeLogger));
    if (config.database.migrateOnStart) await app.get(SchemaMigrator).up();
    const firstKey = await app.get(BootstrapService).run();
    await prepareServer(app);
    await app.listen(config.http.port, config.http.host);
    return { app, url: await app.getUrl(), firstKey };
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}
