// @ts-check
/**
 * The API with one route more: a static JSON answer behind the same guards. Sends its parent its URL when it listens, and
 * answers orders: `usage` with its CPU time and memory, `time` and `timed` begin and end a CPU profile, `allocations` and
 * `allocated` the same for what is allocated.
 */
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { Controller } from '@nestjs/common';
import { Profiler, timeByPart } from './profile.mjs';

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
const profiler = new Profiler();
/** @type {Record<string, (file: string | undefined) => Promise<object>>} */
const orders = {
  async usage() {
    const { user, system } = process.cpuUsage();
    return { cpuMicros: user + system, rss: process.memoryUsage().rss };
  },
  async time() {
    await profiler.startTime();
    return {};
  },
  async timed(file) {
    const profile = await profiler.stopTime();
    if (file) await writeFile(file, JSON.stringify(profile));
    return timeByPart(profile);
  },
  async allocations() {
    await profiler.startAllocations();
    return {};
  },
  async allocated() {
    return { bytes: await profiler.stopAllocations() };
  },
};
process.on('message', (/** @type {{ name: string, file?: string }} */ { name, file }) => {
  void orders[name]?.(file).then((answer) => process.send?.(answer));
});
process.send?.({ url });
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
