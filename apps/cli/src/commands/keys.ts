import { type KeepsakeConfig, loadConfig } from '#config';
import { type Scope, scopes } from '#kernel';
import { UsageError } from '../cli-error.js';
import type { Command } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { parseExpiry } from '../keys/expiry.js';
import type { KeyOffice, KeyView, NewKeyView } from '../keys/key-office.js';
import { LocalKeyOffice } from '../keys/local-key-office.js';
import { RemoteKeyOffice } from '../keys/remote-key-office.js';
import { parseOptions } from '../parse-options.js';
import { findRunningServer, operatorKey } from '../server/running-server.js';

const synopsis =
  'keys list | create --name <name> --scopes <a,b> [--expires 30d] | rotate <id> | revoke <id>   [--workspace <slug>] [--json]';

const options = {
  name: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  workspace: { type: 'string', default: 'default' },
  json: { type: 'boolean', default: false },
} as const;

export const keys: Command = {
  synopsis,
  summary: 'Hand out and take back the API keys of a workspace',
  async run(args) {
    const { values, positionals } = parseOptions(args, synopsis, options, 2);
    const [action = '', id] = positionals;
    const work = workOf(action, id, values);
    const office = await openOffice(loadConfig(process.env), values.workspace);
    try {
      console.log(values.json ? JSON.stringify(await work.run(office)) : work.show(await work.run(office)));
      return ExitCode.ok;
    } finally {
      await office.close();
    }
  },
};

interface Work<Result = unknown> {
  run(office: KeyOffice): Promise<Result>;
  show(result: Result): string;
}

const work = <Result>(run: Work<Result>['run'], show: Work<Result>['show']): Work => ({ run, show });

/** Understands the whole call before anything is opened. */
function workOf(
  action: string,
  id: string | undefined,
  values: { name?: string; scopes?: string; expires?: string },
): Work {
  switch (action) {
    case 'list':
      return work(
        (office) => office.list().then((items) => ({ items })),
        ({ items }) => table(items),
      );
    case 'create': {
      if (values.name === undefined || values.scopes === undefined) throw usage('create needs --name and --scopes.');
      const request = {
        name: parseName(values.name),
        scopes: parseScopes(values.scopes),
        ...(values.expires === undefined ? {} : { expiresAt: parseExpiry(values.expires, new Date()) }),
      };
      return work((office) => office.create(request), showNew);
    }
    case 'rotate': {
      const keyId = requireId(action, id);
      return work((office) => office.rotate(keyId), showNew);
    }
    case 'revoke': {
      const keyId = requireId(action, id);
      return work(
        (office) => office.revoke(keyId),
        (key) => `Revoked ${key.name} (${key.id}).`,
      );
    }
    default:
      throw usage(action === '' ? 'Say what to do with keys.' : `There is no action ${JSON.stringify(action)}.`);
  }
}

/** The running server where one owns the data folder; else the database itself. */
async function openOffice(config: KeepsakeConfig, workspace: string): Promise<KeyOffice> {
  const { url, dataDir } = config.database;
  const server = url === undefined ? findRunningServer(dataDir) : undefined;
  if (server === undefined) return LocalKeyOffice.open(config, workspace);
  return new RemoteKeyOffice(server.url, operatorKey(config, dataDir), workspace);
}

/** As `POST /v1/keys` takes it. */
function parseName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > 100) throw usage('--name takes 1 to 100 characters.');
  return name;
}

function parseScopes(text: string): Scope[] {
  const wanted = text.split(',').map((scope) => scope.trim());
  const unknown = wanted.find((scope) => !(scopes as readonly string[]).includes(scope));
  if (unknown !== undefined)
    throw usage(`There is no scope ${JSON.stringify(unknown)}; there are ${scopes.join(', ')}.`);
  return wanted as Scope[];
}

function requireId(action: string, id: string | undefined): string {
  if (id === undefined) throw usage(`${action} needs the id of a key.`);
  return id;
}

function usage(message: string): UsageError {
  return new UsageError(`${message}\n\nUsage: keepsake ${synopsis}`);
}

function showNew(key: NewKeyView): string {
  return `${key.key}\n\nThis is the key ${key.name} (${key.id}). It is shown this once.`;
}

function table(items: readonly KeyView[]): string {
  if (items.length === 0) return 'There are no keys.';
  return items
    .map((key) => {
      const state =
        key.revokedAt !== null
          ? `revoked ${key.revokedAt}`
          : key.expiresAt !== null
            ? `until ${key.expiresAt}`
            : 'active';
      return [key.id, `${key.prefix}…`, key.name, key.scopes.join(','), state].join('  ');
    })
    .join('\n');
}
