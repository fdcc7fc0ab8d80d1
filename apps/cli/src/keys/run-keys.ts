import { type KeepsakeConfig, loadConfig } from '#config';
import { isUuid, NotFoundError, type Scope, scopes } from '#kernel';
import { ExitCode } from '../cli-error.js';
import { findServer } from '../server/find-server.js';
import { parseExpiry } from '../duration.js';
import { type ApiKeyClient, type KeyView, type NewKeyView, RemoteApiKeyClient } from './api-key-client.js';
import { keysUsage } from '../usage.js';

interface KeyOptions {
  readonly name?: string;
  readonly scopes?: string;
  readonly expires?: string;
  readonly workspace: string;
  readonly json: boolean;
}

export async function runKeys([action = '', id]: readonly string[], options: KeyOptions): Promise<ExitCode> {
  const work = workOf(action, id, options);
  const client = await openApiKeyClient(loadConfig(process.env), options.workspace);
  try {
    console.log(options.json ? JSON.stringify(await work.run(client)) : work.show(await work.run(client)));
    return ExitCode.ok;
  } finally {
    await client.close();
  }
}

interface Work<Result = unknown> {
  run(client: ApiKeyClient): Promise<Result>;
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
        (client) => client.list().then((items) => ({ items })),
        ({ items }) => table(items),
      );
    case 'create': {
      if (values.name === undefined || values.scopes === undefined)
        throw keysUsage('create needs --name and --scopes.');
      const request = {
        name: parseName(values.name),
        scopes: parseScopes(values.scopes),
        ...(values.expires === undefined ? {} : { expiresAt: parseExpiry(values.expires, new Date()) }),
      };
      return work((client) => client.create(request), showNew);
    }
    case 'rotate': {
      const keyId = requireId(action, id);
      return work((client) => client.rotate(keyId), showNew);
    }
    case 'revoke': {
      const keyId = requireId(action, id);
      return work(
        (client) => client.revoke(keyId),
        (key) => `Revoked ${key.name} (${key.id}).`,
      );
    }
    default:
      throw keysUsage(action === '' ? 'Say what to do with keys.' : `There is no action ${JSON.stringify(action)}.`);
  }
}

/** The running server where one owns the data folder or is named; else the database itself. */
async function openApiKeyClient(config: KeepsakeConfig, workspace: string): Promise<ApiKeyClient> {
  if (await hasServer(config)) return new RemoteApiKeyClient(await findServer(config, workspace));
  const { LocalApiKeyClient } = await import('./local-api-key-client.js');
  return LocalApiKeyClient.open(config, workspace);
}

async function hasServer({ command, database }: KeepsakeConfig): Promise<boolean> {
  if (command.serverUrl !== undefined) return true;
  if (database.url !== undefined) return false;
  // What it knows of the data folder comes with the database.
  const { findRunningServer } = await import('../server/running-server.js');
  return (await findRunningServer(database.dataDir)) !== undefined;
}

/** As `POST /v1/keys` takes it. */
function parseName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > 100) throw keysUsage('--name takes 1 to 100 characters.');
  return name;
}

function parseScopes(text: string): Scope[] {
  const wanted = text.split(',').map((scope) => scope.trim());
  const unknown = wanted.find((scope) => !(scopes as readonly string[]).includes(scope));
  if (unknown !== undefined)
    throw keysUsage(`There is no scope ${JSON.stringify(unknown)}; there are ${scopes.join(', ')}.`);
  return wanted as Scope[];
}

function requireId(action: string, id: string | undefined): string {
  if (id === undefined) throw keysUsage(`${action} needs the id of a key.`);
  if (!isUuid(id)) throw new NotFoundError('Key', JSON.stringify(id));
  return id;
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
