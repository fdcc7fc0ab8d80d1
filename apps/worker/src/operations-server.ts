import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { register } from 'prom-client';
import { HttpConfig, QueueConfig } from '#config';
import { HealthChecks } from '#http';

/**
 * What is asked of a process that serves nothing else: `/health/live`, `/health/ready` and `/metrics`, on `HOST` and
 * `WORKER_METRICS_PORT`, where that is set. Open to whoever reaches the port: it shows no content, and there is
 * nothing to do there.
 */
@Injectable()
export class OperationsServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private server: Server | undefined;

  constructor(
    private readonly http: HttpConfig,
    private readonly queue: QueueConfig,
    private readonly health: HealthChecks,
  ) {}

  /** @throws Error where the port is taken: the process does not start. */
  async onApplicationBootstrap(): Promise<void> {
    const { metricsPort } = this.queue;
    if (metricsPort === undefined) return;
    this.server = createServer((request, response) => {
      this.answer(request.url ?? '', response).catch(() => send(response, 500, 'failed'));
    });
    this.server.listen(metricsPort, this.http.host);
    await once(this.server, 'listening');
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case '/health/live':
        return send(response, 200, 'up');
      case '/health/ready':
        return (await this.health.isReady()) ? send(response, 200, 'up') : send(response, 503, 'down');
      case '/metrics':
        return send(response, 200, await register.metrics(), register.contentType);
      default:
        return send(response, 404, 'there are /health/live, /health/ready and /metrics');
    }
  }
}

function send(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}
