import type { CanActivate, ExecutionContext, ModuleMetadata, Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '#config';
import { Database, DatabaseModule } from '#database';
import { Clock, KernelModule, newId, type Principal, scopes, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { KeepsakeLogger, ObservabilityModule } from '#observability';
import { HttpModule } from '../http.module.js';
import { createFastifyAdapter } from '../server/fastify-adapter.js';
import { prepareServer } from '../server/prepare-server.js';

interface HttpTestOptions {
  readonly databaseUrl: string;
  readonly controllers: Type[];
  /** With a guard among them, nobody else lets callers in. */
  readonly imports?: ModuleMetadata['imports'];
  /** Over a configuration that is silent. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Routes of a test behind everything that stands in front of the product's own, listening on a free port. */
export class HttpTestApp {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
    readonly clock: ManualClock,
    /** Every call is made by somebody of this workspace, with all scopes, unless `imports` bring a guard. */
    readonly workspaceId: WorkspaceId,
    /** What was written to the log so far, one JSON text a line. */
    readonly log: readonly string[],
  ) {}

  static async start({ databaseUrl, controllers, imports, environment }: HttpTestOptions): Promise<HttpTestApp> {
    const config = loadConfig({ DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: '0', ...environment });
    const clock = new ManualClock();
    const workspaceId = newId<WorkspaceId>();
    const log: string[] = [];
    const logger = new KeepsakeLogger(config.log, { write: (line) => void log.push(line) });
    const testing = await Test.createTestingModule({
      imports: [
        KernelModule,
        ConfigModule.forRoot(config),
        ObservabilityModule,
        DatabaseModule,
        HttpModule,
        ...(imports ?? []),
      ],
      controllers,
      providers: imports === undefined ? [{ provide: APP_GUARD, useValue: new SomebodyGuard(workspaceId) }] : [],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .overrideProvider(KeepsakeLogger)
      .useValue(logger)
      .setLogger(logger)
      .compile();
    const app = testing.createNestApplication<NestFastifyApplication>(createFastifyAdapter(config.http), {
      bodyParser: false,
    });
    try {
      await prepareServer(app);
      await app
        .get(Database)
        .query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspaceId, workspaceId]);
      await app.listen(config.http.port, config.http.host);
    } catch (error) {
      await app.close();
      throw error;
    }
    return new HttpTestApp(app, await app.getUrl(), clock, workspaceId, log);
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

/** Takes the bearer's text for the name of the caller. */
class SomebodyGuard implements CanActivate {
  constructor(private readonly workspaceId: WorkspaceId) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; principal?: Principal }>();
    const id = request.headers['authorization'] ?? 'somebody';
    request.principal = { id, workspaceId: this.workspaceId, scopes: new Set(scopes) };
    return true;
  }
}
