import { isUuid, NotFoundError } from '#kernel';
import type { ExitCode } from '../cli-error.js';
import { requireProject, type ServerClient } from '../server/server-client.js';
import {
  runServerCommand,
  serverCommand,
  type ServerCommand,
  type ServerCommandOptions,
} from '../server/server-command.js';
import { textTable } from '../terminal.js';
import { projectOf, TOMBSTONES_SYNOPSIS, tombstonesUsage } from '../usage.js';

/** What `GET /v1/projects/:project/tombstones` lists. */
interface Tombstone {
  readonly id: string;
  readonly reason: string | null;
  readonly createdBy: string | null;
  readonly createdAt: string;
}

interface Lifted {
  readonly removed: { readonly tombstones: number };
}

/** Asks the running server; lifting needs a confirmation. */
export async function runTombstones(positionals: readonly string[], options: ServerCommandOptions): Promise<ExitCode> {
  return runServerCommand(serverCommandOf(positionals), options, TOMBSTONES_SYNOPSIS);
}

/** Understands the whole call before anything is opened. */
function serverCommandOf([action = '', slug, id, ...rest]: readonly string[]): ServerCommand {
  if (action !== 'list' && action !== 'lift')
    throw tombstonesUsage(action === '' ? 'Say list or lift.' : `There is no action ${JSON.stringify(action)}.`);
  if (slug === undefined) throw tombstonesUsage(`${action} needs the name of a project.`);
  const project = projectOf(slug, TOMBSTONES_SYNOPSIS);
  const path = `/v1/projects/${encodeURIComponent(project)}/tombstones`;
  if (action === 'list') {
    if (id !== undefined || rest.length > 0) throw tombstonesUsage('list takes the name of a project, and no more.');
    return serverCommand({ run: async (server) => ({ items: await tombstonesOf(server, project, path) }), show });
  }
  if (id === undefined) throw tombstonesUsage('lift needs the id of a tombstone, as list shows it.');
  if (!isUuid(id)) throw new NotFoundError('Tombstone', JSON.stringify(id));
  return serverCommand({
    danger: `Lifting the tombstone ${id} lets ${project} take its text again.`,
    run: (server) => server.call<Lifted>('DELETE', `${path}/${id}`),
    show: ({ removed }) =>
      `Lifted ${removed.tombstones === 1 ? 'the tombstone' : removed.tombstones}: its text may be stored again.`,
  });
}

async function tombstonesOf(server: ServerClient, project: string, path: string): Promise<Tombstone[]> {
  await requireProject(server, project);
  const items: Tombstone[] = [];
  for await (const page of server.pages<Tombstone>(path)) items.push(...page);
  return items;
}

function show({ items }: { readonly items: readonly Tombstone[] }): string {
  if (items.length === 0) return 'There are no tombstones: the project takes every text.';
  return textTable(
    ['id', 'since', 'by', 'reason'],
    items.map(({ id, createdAt, createdBy, reason }) => [id, createdAt, createdBy ?? '–', reason ?? '–']),
  );
}
