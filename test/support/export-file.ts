import { gunzipSync } from 'node:zlib';
import type { Api } from './api.js';

/** What an exported file holds, line by line. */
interface ExportedProject {
  /** As it was answered. */
  readonly bytes: Buffer;
  readonly text: string;
  readonly lines: readonly Record<string, any>[];
  /** Lines of one type. */
  linesOf(type: string): Record<string, any>[];
}

/** Exports a project, whose export must succeed. */
export async function exportProject(
  server: { readonly url: string; readonly key: string },
  project: string,
  headers: Record<string, string> = {},
): Promise<ExportedProject> {
  const answer = await fetch(`${server.url}/v1/projects/${project}/export`, {
    headers: { authorization: `Bearer ${server.key}`, ...headers },
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`expected 200, got ${answer.status}: ${bytes.toString()}`);
  if (answer.headers.get('cache-control') !== 'no-store') throw new Error('an export may be cached');
  return exportedProject(bytes);
}

export function exportedProject(bytes: Buffer): ExportedProject {
  const text = gunzipSync(bytes).toString('utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, any>);
  return { bytes, text, lines, linesOf: (type) => lines.filter((line) => line['type'] === type) };
}

/** Sends a file to be imported. */
export function importProject(
  api: Api,
  project: string,
  file: Buffer | string,
  query: Record<string, string | boolean> = {},
  headers: Record<string, string> = {},
) {
  const body = typeof file === 'string' ? file : new Uint8Array(file);
  return api.post(`/v1/projects/${project}/import`, body, {
    query,
    headers: { 'content-type': typeof file === 'string' ? 'application/x-ndjson' : 'application/gzip', ...headers },
  });
}
