import { type Agent, request } from 'node:http';
import type { HostileRequest } from './hostile-requests.js';

export interface HostileAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends it to the server at this port, as it stands. */
export function sendRequest(
  port: number,
  agent: Agent,
  { method, path, headers, body }: Omit<HostileRequest, 'what'>,
): Promise<HostileAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
