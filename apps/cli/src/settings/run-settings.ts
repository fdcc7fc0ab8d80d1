import { readFile } from 'node:fs/promises';
import { messageOf } from '#kernel';
import { CliError, ExitCode } from '../cli-error.js';
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
  /** A file of JSON, or `none`. */
  readonly preferenceSchema?: string | undefined;
}

/** What `/v1/settings` answers. */
interface Settings {
  readonly redaction: { readonly mode: string; readonly detectors: Readonly<Record<string, boolean>> };
  readonly preferenceSchema: object | null;
}

const PATH = '/v1/settings';
const MODES = ['off', 'report', 'mask', 'refuse'];

/** Shows or changes the settings of a workspace of the running server. */
export async function runSettings(positionals: readonly string[], options: SettingsOptions): Promise<ExitCode> {
  return runServerCommand(serverCommandOf(positionals, options), { ...options, yes: false }, SETTINGS_SYNOPSIS);
}

function serverCommandOf(
  [action = '']: readonly string[],
  { redaction, detect, ignore, preferenceSchema }: SettingsOptions,
): ServerCommand {
  if (action !== 'show' && action !== 'set')
    throw settingsUsage(action === '' ? 'Say show or set.' : `There is no action ${JSON.stringify(action)}.`);
  const detectors = { ...flags(detect, true), ...flags(ignore, false) };
  const isOfRedaction = redaction !== undefined || Object.keys(detectors).length > 0;
  const isChange = isOfRedaction || preferenceSchema !== undefined;
  if (isChange !== (action === 'set'))
    throw settingsUsage(
      isChange
        ? 'show takes none of --redaction, --detect, --ignore and --preference-schema.'
        : 'set needs --redaction, --detect, --ignore or --preference-schema.',
    );
  if (action === 'show') return serverCommand({ run: (server) => server.call<Settings>('GET', PATH), show });
  if (redaction !== undefined && !MODES.includes(redaction))
    throw settingsUsage(`--redaction is one of ${MODES.join(', ')}.`);
  const ofRedaction = { redaction: { ...(redaction === undefined ? {} : { mode: redaction }), detectors } };
  return serverCommand({
    async run(server) {
      const body = {
        ...(isOfRedaction ? ofRedaction : {}),
        ...(preferenceSchema === undefined ? {} : { preferenceSchema: await schemaIn(preferenceSchema) }),
      };
      return server.call<Settings>('PATCH', PATH, { body });
    },
    show,
  });
}

/** @throws CliError for a file that can't be read or holds no JSON */
async function schemaIn(file: string): Promise<unknown> {
  if (file === 'none') return null;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CliError(`${file} can't be read: ${messageOf(error)}`, ExitCode.usage);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${file} holds no JSON: ${messageOf(error)}`, ExitCode.usage);
  }
}

function flags(names: string | undefined, isOn: boolean): Record<string, boolean> {
  const given = (names ?? '').split(',').filter((name) => name !== '');
  return Object.fromEntries(given.map((name) => [name, isOn]));
}

function show({ redaction: { mode, detectors }, preferenceSchema }: Settings): string {
  const named = (isOn: boolean) =>
    Object.entries(detectors)
      .flatMap(([name, value]) => (value === isOn ? [name] : []))
      .join(', ') || 'nothing';
  const preferences = preferenceSchema === null ? 'free' : JSON.stringify(preferenceSchema);
  return `redaction: ${mode}\n  looks for ${named(true)}\n  ignores ${named(false)}\npreferences of users: ${preferences}`;
}
