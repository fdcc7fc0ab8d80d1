import { NotFoundError } from '#kernel';
import type { ServerClient } from './server-client.js';

/**
 * Reading an unknown project gives empty answers; a command that names one is told.
 * @throws NotFoundError where nothing was ever written to it
 */
export async function requireProject(server: ServerClient, slug: string): Promise<void> {
  const { id } = await server.call<{ id?: string | null }>('GET', `/v1/projects/${encodeURIComponent(slug)}`);
  if (id === undefined) throw server.foreign();
  if (id === null) throw new NotFoundError('Project', JSON.stringify(slug));
}
