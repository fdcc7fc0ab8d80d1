import { request } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  /** As node joins them; names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** Header lines in order; a name with several values is sent in as many lines. */
export type RawHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Sends exactly these headers and no others but `Host`: `fetch` adds its own, joins lines, and answers for a cache. */
export function sendRaw(url: string, method: string, headers: RawHeaders): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, agent: false, headers: headers as Record<string, string> }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers as Record<string, string>,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
