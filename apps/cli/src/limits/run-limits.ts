import { formatDuration } from '../duration.js';
import type { ExitCode } from '../cli-error.js';
import { LIMITS_SYNOPSIS, limitsUsage, reasonOf } from '../usage.js';
import {
  serverCommand,
  runServerCommand,
  type ServerCommand,
  type ServerCommandOptions,
} from '../server/server-command.js';
import { textTable } from '../terminal.js';

interface LimitsOptions extends ServerCommandOptions {
  readonly tier?: string;
  readonly reason?: string;
}

/** What `/v1/admin/cache/rate-limits` answers. */
interface Limits {
  readonly principal: string;
  readonly tier: string | null;
  readonly limits: readonly {
    readonly name: string;
    readonly limit: number;
    readonly periodSeconds: number;
    readonly remaining: number;
    readonly resetSeconds: number;
  }[];
}

const PATH = '/v1/admin/cache/rate-limits';
const PRINCIPAL = /^(key|jwt):./;

/** Asks the running server; giving limits back needs a reason, which it keeps, and a confirmation. */
export async function runLimits(positionals: readonly string[], options: LimitsOptions): Promise<ExitCode> {
  return runServerCommand(serverCommandOf(positionals, options), options, LIMITS_SYNOPSIS);
}

function serverCommandOf(
  [action = '', principal = '']: readonly string[],
  { tier, reason }: LimitsOptions,
): ServerCommand {
  if (action !== 'look' && action !== 'reset')
    throw limitsUsage(action === '' ? 'Say look or reset.' : `There is no action ${JSON.stringify(action)}.`);
  if (!PRINCIPAL.test(principal)) throw limitsUsage(`${action} needs a principal: key:<id> or jwt:<subject>.`);
  if (action === 'look')
    return serverCommand({ run: (server) => server.call<Limits>('GET', PATH, { query: { principal, tier } }), show });
  const body = { principal, tier, reason: reasonOf(reason, 'reset', limitsUsage) };
  return serverCommand({
    danger: `Resetting the limits of ${principal} lets it ask as much again at once.`,
    run: (server) => server.call<Limits>('POST', `${PATH}/reset`, { body }),
    show,
  });
}

function show({ principal, tier, limits }: Limits): string {
  const rows = limits.map(({ name, limit, periodSeconds, remaining, resetSeconds }) => [
    name,
    remaining,
    limit,
    formatDuration(periodSeconds * 1_000),
    resetSeconds === 0 ? '–' : formatDuration(resetSeconds * 1_000),
  ]);
  return [
    `${principal}${tier === null ? '' : `, tier ${tier}`}`,
    textTable(['limit', 'left', 'of', 'in', 'whole again in'], rows),
  ].join('\n');
}
