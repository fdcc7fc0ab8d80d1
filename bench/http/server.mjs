// @ts-check
/**
 * The API with one route more: a static JSON answer behind the same guards. Prints its URL when it listens, and its
 * CPU seconds and heap for every line it reads.
 */
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { Controller } from '@nestjs/common';

const dist = new URL('../../dist/', import.meta.url);
const { ApiModule } = await import(new URL('apps/api/src/api.module.js', dist).href);
const { startApi } = await import(new URL('apps/api/src/start-api.js', dist).href);
const { loadConfig } = await import(new URL('libs/config/src/index.js', dist).href);
const { Endpoint } = await import(new URL('libs/http/src/index.js', dist).href);

const text = 'x'.repeat(Number(process.env['BENCH_STATIC_BYTES'] ?? 4096));

class StaticController {
  get() {
    return { id: '01890000-0000-7000-8000-000000000000', content: text };
  }
}
Endpoint('GET ', { summary: 'A static answer', access: ['memory:read'], status: 200 })(
  StaticController.prototype,
  'get',
  Object.getOwnPropertyDescriptor(StaticController.prototype, 'get'),
);
Controller('bench/static')(StaticController);

class BenchModule {}
const config = loadConfig(process.env);
const { app, url } = await startApi(
  { module: BenchModule, imports: [ApiModule.forRoot(config)], controllers: [StaticController] },
  config,
);
console.log(url);
createInterface({ input: process.stdin }).on('line', () => {
  const { user, system } = process.cpuUsage();
  const { heapUsed, rss } = process.memoryUsage();
  console.log(JSON.stringify({ cpuMicros: user + system, heapUsed, rss }));
});
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
