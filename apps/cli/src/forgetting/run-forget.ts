import { isUuid, NotFoundError } from '#kernel';
import type { ExitCode } from '../cli-error.js';
import {
  runServerCommand,
  serverCommand,
  type ServerCommand,
  type ServerCommandOptions,
} from '../server/server-command.js';
import type { ServerClient } from '../server/server-client.js';
import { FORGET_SYNOPSIS, forgetUsage, projectOf, reasonOf } from '../usage.js';

interface ForgetOptions extends ServerCommandOptions {
  readonly id?: string;
  readonly 'all-versions': boolean;
  readonly tombstone: boolean;
  readonly reason?: string;
}

/** What `POST …/forget` answers. */
interface Forgotten {
  readonly removed: { readonly contexts: number };
  readonly tombstones: readonly string[];
}

/** Deletes a context of the running server for good. Needs a reason, which the audit keeps, and a confirmation. */
export async function runForget(positionals: readonly string[], options: ForgetOptions): Promise<ExitCode> {
  return runServerCommand(serverCommandOf(positionals, options), options, FORGET_SYNOPSIS);
}

/** Understands the whole call before anything is opened. */
function serverCommandOf([slug, label]: readonly string[], options: ForgetOptions): ServerCommand {
  const { id, tombstone, 'all-versions': allVersions } = options;
  if (slug === undefined) throw forgetUsage('forget needs the name of a project.');
  const project = projectOf(slug, FORGET_SYNOPSIS);
  if ((label === undefined) === (id === undefined)) throw forgetUsage('forget takes a label, or --id: one of them.');
  if (label === '') throw forgetUsage('A label is not empty.');
  if (allVersions && id === undefined)
    throw forgetUsage('--all-versions goes with --id; a label is all of its versions.');
  const reason = reasonOf(options.reason, 'forget', forgetUsage);
  if (id !== undefined && !isUuid(id)) throw new NotFoundError('Context', JSON.stringify(id));
  const body = { reason, tombstone };
  return serverCommand({
    danger: dangerOf(id === undefined ? `the label ${JSON.stringify(label)}` : `the context ${id}`, project, options),
    run: async (server) => {
      if (id === undefined)
        return server.call<Forgotten>('POST', `${contextsOf(project)}/${encodeURIComponent(label ?? '')}/forget`, {
          body,
        });
      await requireContextOf(server, project, id);
      return server.call<Forgotten>('POST', `/v1/contexts/${id}/forget`, { body: { ...body, allVersions } });
    },
    show,
  });
}

function contextsOf(project: string): string {
  return `/v1/projects/${encodeURIComponent(project)}/contexts`;
}

function dangerOf(
  what: string,
  project: string,
  { id, tombstone, 'all-versions': allVersions }: ForgetOptions,
): string {
  const extent = id === undefined || allVersions ? 'every version' : 'this version';
  return `Forgetting ${what} of ${project} deletes ${extent} for good${tombstone ? ' and refuses the text from then on' : ''}.`;
}

/** An id names a context of any project; a command that names both means one. @throws NotFoundError */
async function requireContextOf(server: ServerClient, project: string, id: string): Promise<void> {
  const found = await server.call<{ project?: string }>('GET', `/v1/contexts/${id}`);
  if (found.project === undefined) throw server.foreign();
  if (found.project !== project) throw new NotFoundError('Context', `${id} of the project ${project}`);
}

function show({ removed, tombstones }: Forgotten): string {
  const { contexts } = removed;
  return [
    `Deleted ${contexts === 1 ? 'one version' : `${contexts} versions`}.`,
    ...(tombstones.length === 0
      ? []
      : [`The project refuses ${tombstones.length === 1 ? 'its text' : 'their texts'}: ${tombstones.join(', ')}`]),
  ].join('\n');
}
