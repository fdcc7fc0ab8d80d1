import { once } from 'node:events';
import { createServer } from 'node:net';
import type { HttpConfig } from '#config';
import { describeError } from '../describe-error.js';
import { type Finding, ok, unavailable } from './finding.js';

/** Whether the server could listen where it should; a server of ours that does so already is fine. */
export async function checkPort({ host, port }: HttpConfig, ownServerUrl: string | undefined): Promise<Finding> {
  if (ownServerUrl !== undefined && new URL(ownServerUrl).port === String(port))
    return ok('port', `The running server listens on ${ownServerUrl}.`);
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return ok('port', port === 0 ? 'A free port will be taken.' : `${host}:${port} is free.`);
  } catch (error) {
    return unavailable('port', describeError(error).message);
  } finally {
    server.close();
  }
}
