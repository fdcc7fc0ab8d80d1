import type { ExitCode } from '../cli-error.js';
import {
  runServerCommand,
  serverCommand,
  type ServerCommand,
  type ServerCommandOptions,
} from '../server/server-command.js';
import { SETTINGS_SYNOPSIS, settingsUsage } from '../usage.js';

interface SettingsOptions extends Omit<ServerCommandOptions, 'yes'> {
  readonly redaction?: string;
  readonly detect?: string;
  readonly ignore?: string;
}

/** What `/v1/settings` answers. */
interface Settings {
  readonly redaction: { readonly mode: string; readonly detectors: Readonly<Record<string, boolean>> };
}

const PATH = '/v1/settings';
const MODES = ['off', 'report', 'mask', 'refuse'];

/** Shows or changes the settings of a workspace of the running server. */
export async function runSettings(positionals: readonly string[], options: SettingsOptions): Promise<ExitCode> {
  return runServerCommand(serverCommandOf(positionals, options), { ...options, yes: false }, SETTINGS_SYNOPSIS);
}

function serverCommandOf(
  [action = '']: readonly string[],
  { redaction, detect, ignore }: SettingsOptions,
): ServerCommand {
  if (action !== 'show' && action !== 'set')
    throw settingsUsage(action === '' ? 'Say show or set.' : `There is no action ${JSON.stringify(action)}.`);
  const detectors = { ...flags(detect, true), ...flags(ignore, false) };
  const isChange = redaction !== undefined || Object.keys(detectors).length > 0;
  if (isChange !== (action === 'set'))
    throw settingsUsage(
      isChange
        ? 'show takes none of --redaction, --detect and --ignore.'
        : 'set needs --redaction, --detect or --ignore.',
    );
  if (action === 'show') return serverCommand({ run: (server) => server.call<Settings>('GET', PATH), show });
  if (redaction !== undefined && !MODES.includes(redaction))
    throw settingsUsage(`--redaction is one of ${MODES.join(', ')}.`);
  const body = { redaction: { ...(redaction === undefined ? {} : { mode: redaction }), detectors } };
  return serverCommand({ run: (server) => server.call<Settings>('PATCH', PATH, { body }), show });
}

function flags(names: string | undefined, isOn: boolean): Record<string, boolean> {
  const given = (names ?? '').split(',').filter((name) => name !== '');
  return Object.fromEntries(given.map((name) => [name, isOn]));
}

function show({ redaction: { mode, detectors } }: Settings): string {
  const named = (isOn: boolean) =>
    Object.entries(detectors)
      .flatMap(([name, value]) => (value === isOn ? [name] : []))
      .join(', ') || 'nothing';
  return `redaction: ${mode}\n  looks for ${named(true)}\n  ignores ${named(false)}`;
}
