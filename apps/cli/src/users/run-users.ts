import type { ExitCode } from '../cli-error.js';
import { waitForJob } from '../jobs/wait-for-job.js';
import type { ServerClient } from '../server/server-client.js';
import {
  runServerCommand,
  serverCommand,
  type ServerCommand,
  type ServerCommandOptions,
} from '../server/server-command.js';
import { USERS_SYNOPSIS, usersUsage } from '../usage.js';

type Counts = Readonly<Record<string, number>>;

/** What `GET /v1/users/:user/erasure` answers. */
interface Erasure {
  readonly state: 'running' | 'finished';
  readonly requestedAt: string;
  readonly finishedAt: string | null;
  readonly removed: Counts;
  readonly anonymised: Counts;
  /** Null: not looked yet. */
  readonly found: Counts | null;
  readonly kept: Counts | null;
}

/** What `DELETE /v1/users/:user` answers. */
interface Requested {
  readonly job: { readonly id: string | null };
}

/** Asks the running server; an erasure needs a confirmation. */
export async function runUsers(positionals: readonly string[], options: ServerCommandOptions): Promise<ExitCode> {
  return runServerCommand(serverCommandOf(positionals), options, USERS_SYNOPSIS);
}

/** Understands the whole call before anything is opened. */
function serverCommandOf([action = '', user = '']: readonly string[]): ServerCommand {
  if (action !== 'erase' && action !== 'erasure')
    throw usersUsage(action === '' ? 'Say erase or erasure.' : `There is no action ${JSON.stringify(action)}.`);
  if (user.trim() === '') throw usersUsage(`${action} needs the name of a user.`);
  const path = `/v1/users/${encodeURIComponent(user)}`;
  const erasureOf = (server: ServerClient) => server.call<Erasure>('GET', `${path}/erasure`);
  const isWell = ({ state }: Erasure) => state === 'finished';
  if (action === 'erasure') return serverCommand({ run: erasureOf, show });
  return serverCommand<Erasure>({
    danger: `Erasing ${JSON.stringify(user)} deletes the profile, conversations, messages, feedback and agent states of that user for good.`,
    run: async (server, progress) => {
      const { job } = await server.call<Partial<Requested>>('DELETE', path);
      if (job?.id === undefined) throw server.foreign();
      for (let next = job.id; next !== null;) {
        const ended = await waitForJob<{ readonly continuedBy?: string }>(server, next, ({ steps }) => {
          if (steps !== null && steps.total > 0) progress.step(steps.done, steps.total, 'removed');
        });
        next = ended.result?.continuedBy ?? null;
      }
      return erasureOf(server);
    },
    show,
    isWell,
  });
}

function show({ state, requestedAt, finishedAt, removed, anonymised, found, kept }: Erasure): string {
  return [
    `${state === 'finished' ? `Erased at ${finishedAt}` : 'Not finished yet'}, as asked at ${requestedAt}.`,
    `removed: ${listOf(removed)}`,
    `without its author now: ${listOf(anonymised)}`,
    `found by the last scan: ${found === null ? 'not looked yet' : listOf(found)}`,
    `kept, since it is about the user: ${kept === null ? 'not looked yet' : listOf(kept)}`,
  ].join('\n');
}

function listOf(counts: Counts): string {
  const named = Object.entries(counts).flatMap(([kind, count]) => (count === 0 ? [] : [`${count} ${kind}`]));
  return named.join(', ') || 'nothing';
}
