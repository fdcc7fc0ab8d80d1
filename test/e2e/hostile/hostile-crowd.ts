import { Agent } from 'node:http';
import { sampleOf } from '#test/e2e/routes/route-samples.js';
import type { PopulatedWorkspace } from '#test/e2e/routes/populated-workspace.js';
import { routesOf } from '#test/e2e/routes/route-table.js';
import type { Keepsake } from '#test/support/keepsake.js';
import { type HostileRequest, hostileRequests } from './hostile-requests.js';
import { sendRequest } from './send-request.js';

const SEED = 20_261_129;
const AT_ONCE = 4;

/** Clients that send every server hostile requests without a pause, all of one credential that is known. */
export class HostileCrowd {
  answered = 0;
  /** Answers with a status of 500 or more, and what they answered. */
  readonly faults: string[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private isOver = false;
  private readonly clients: readonly Promise<void>[];

  private constructor(
    servers: readonly Keepsake[],
    requests: Generator<HostileRequest>,
    private readonly authorization: string,
  ) {
    this.clients = servers.flatMap((server) => Array.from({ length: AT_ONCE }, () => this.send(server, requests)));
  }

  /** @param workspace whose key no limit stops */
  static async gather(servers: readonly Keepsake[], workspace: PopulatedWorkspace): Promise<HostileCrowd> {
    const [server] = servers as [Keepsake];
    const rows = (await routesOf(server.api)).flatMap((route) => {
      const sample = sampleOf(route.name, workspace);
      return sample === undefined ? [] : [{ route, sample }];
    });
    const requests = hostileRequests(rows, workspace.key, Number.POSITIVE_INFINITY, SEED);
    return new HostileCrowd(servers, requests, `Bearer ${workspace.key}`);
  }

  async leave(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.clients);
    this.agent.destroy();
  }

  private async send(server: Keepsake, requests: Generator<HostileRequest>): Promise<void> {
    while (!this.isOver) {
      const { value: request } = requests.next();
      // Guesses count for their address, which is that of the tests.
      if (request.headers['authorization'] !== this.authorization) continue;
      const { status, text } = await sendRequest(server.port, this.agent, request);
      this.answered++;
      if (status >= 500 && !request.path.startsWith('/health'))
        this.faults.push(`${request.what}: ${status} ${text.slice(0, 300)}`);
    }
  }
}
