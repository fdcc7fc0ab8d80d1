import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/** How to connect to a PostgreSQL server, as `pg` takes it. What is undefined is as `pg` has it by default. */
export interface DatabaseConnection {
  /** A name, an address, or the folder of a local socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly ssl: ConnectionOptions | false | undefined;
  readonly enableChannelBinding: boolean;
  /** Settings of the session, which the server reads as the connection begins. */
  readonly options: string | undefined;
  readonly application_name: string;
}

/** What to write, shown wherever a URL is refused. */
export const DATABASE_URL_FORMS =
  'write postgres://user:password@host:5432/database, or ?host=/folder/of/the/socket behind the database; ' +
  '?sslmode=verify-full for TLS (also require, verify-ca, disable; sslrootcert, sslcert and sslkey name files), ' +
  'application_name and options are taken; percent-encode ? # and % inside a password';

/** The problem is reported without a part of the user or the password, and completes the sentence "This one …". */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';

  constructor(readonly problem: string) {
    super(`The database URL ${problem}: ${DATABASE_URL_FORMS}`);
  }
}

const DEFAULT_PORT = 5432;

const PARAMETERS = [
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'sslmode',
  'ssl',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'channel_binding',
  'application_name',
  'options',
  'client_encoding',
  'pgbouncer',
  'uselibpqcompat',
] as const;
type Parameter = (typeof PARAMETERS)[number];

const INSTEAD: Readonly<Record<string, string>> = {
  schema: 'write options=-c%20search_path%3D and the name of the schema',
  currentSchema: 'write options=-c%20search_path%3D and the name of the schema',
  search_path: 'write options=-c%20search_path%3D and the name of the schema',
  connection_limit: 'write DATABASE_POOL_SIZE',
  pool_size: 'write DATABASE_POOL_SIZE',
  max: 'write DATABASE_POOL_SIZE',
  pool_timeout: 'write DATABASE_CONNECT_TIMEOUT_MS',
  connect_timeout: 'write DATABASE_CONNECT_TIMEOUT_MS',
  statement_timeout: 'write DATABASE_STATEMENT_TIMEOUT_MS',
};

/**
 * Reads a database URL, in libpq's form. An `@`, `:` or `/` in the password may be written as it is: the last `@` before
 * the parameters ends it. What it takes, it takes as a whole: an unknown parameter is refused, never left out.
 * @throws DatabaseUrlError that says what is wrong; it repeats nothing of the user or the password.
 */
export function parseDatabaseUrl(url: string): DatabaseConnection {
  const rest = /^postgres(?:ql)?:\/\/(\S+)$/.exec(url.trim())?.[1];
  if (rest === undefined) throw new DatabaseUrlError('is not a PostgreSQL URL');
  const question = rest.indexOf('?');
  const base = question === -1 ? rest : rest.slice(0, question);
  const query = question === -1 ? '' : rest.slice(question + 1);
  const at = base.lastIndexOf('@');
  // A question mark inside of a password looks like the beginning of the parameters.
  if (at === -1 && query.includes('@')) throw new DatabaseUrlError('has an @ only behind a question mark');
  const parameters = parseParameters(query);
  const { user, password } = parseCredentials(at === -1 ? '' : base.slice(0, at));
  const [hostAndPort, database] = splitPath(base.slice(at + 1));
  const address = parseAddress(hostAndPort);
  const host = once('host', address.host, parameters.host);
  if (host === undefined) throw new DatabaseUrlError('names no host');
  if (host.includes(',')) throw new DatabaseUrlError('names several hosts (write one)');
  const encoding = parameters.client_encoding?.toLowerCase().replace('-', '') ?? 'utf8';
  if (encoding !== 'utf8' && encoding !== 'auto') throw new DatabaseUrlError('has a client_encoding other than UTF8');
  const { ssl, enableChannelBinding } = bindChannel(parameters.channel_binding, tlsOf(parameters, host));
  return {
    host,
    port: parsePort(once('port', address.port, parameters.port)),
    user: once('user', user, parameters.user),
    password: once('password', password, parameters.password),
    database: once('database', database, parameters.dbname),
    ssl,
    enableChannelBinding,
    options: parameters.options,
    application_name: parameters.application_name ?? 'keepsake',
  };
}

/** What `parseDatabaseUrl` takes and what changes nothing: a phrase each, without a value. */
export function idlePartsOf(url: string): string[] {
  const question = url.indexOf('?');
  const parameters = question === -1 ? {} : parseParameters(url.slice(question + 1).trim());
  const isLocal = parseDatabaseUrl(url).host.startsWith('/');
  const tls = (['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const).filter(
    (name) => parameters[name] !== undefined && !['disable', 'false', '0'].includes(parameters[name]),
  );
  return [
    ...(parameters.pgbouncer === undefined ? [] : ['pgbouncer has no effect: it works behind a pooler as it is']),
    ...(parameters.uselibpqcompat === undefined
      ? []
      : ['uselibpqcompat has no effect: sslmode is always read as libpq does']),
    ...(isLocal ? tls.map((name) => `${name} has no effect on a local socket`) : []),
  ];
}

function parseParameters(query: string): Partial<Record<Parameter, string>> {
  const parameters: Partial<Record<Parameter, string>> = {};
  // A name before an @ may be a part of a password.
  const mayHoldPassword = query.includes('@');
  for (const part of query.split('&').filter((text) => text !== '')) {
    const [, name = '', value = ''] = /^([A-Za-z_]{1,40})=(.*)$/.exec(part) ?? [];
    if (!isParameter(name)) {
      if (name === '' || mayHoldPassword) throw new DatabaseUrlError('has a parameter that is not known');
      throw new DatabaseUrlError(`has the parameter ${name}, which is not taken (${INSTEAD[name] ?? 'leave it out'})`);
    }
    if (parameters[name] !== undefined) throw new DatabaseUrlError(`has the parameter ${name} twice`);
    parameters[name] = decode(name === 'options' ? value.replaceAll('+', ' ') : value, `parameter ${name}`);
  }
  return parameters;
}

function isParameter(name: string): name is Parameter {
  return (PARAMETERS as readonly string[]).includes(name);
}

function parseCredentials(text: string): { user: string | undefined; password: string | undefined } {
  const colon = text.indexOf(':');
  const user = colon === -1 ? text : text.slice(0, colon);
  if (/[/@]/.test(user)) throw new DatabaseUrlError('has a user with an @ or a slash that is not percent-encoded');
  const password = colon === -1 ? '' : text.slice(colon + 1);
  return {
    user: absentWhereEmpty(decode(user, 'user')),
    password: absentWhereEmpty(decode(password, 'password')),
  };
}

function splitPath(text: string): [hostAndPort: string, database: string | undefined] {
  if (text.includes('#')) throw new DatabaseUrlError('has a # that is not percent-encoded');
  const slash = text.indexOf('/');
  if (slash === -1) return [text, undefined];
  const path = text.slice(slash + 1);
  if (path.includes('/')) throw new DatabaseUrlError('has a second slash behind the host');
  return [text.slice(0, slash), absentWhereEmpty(decode(path, 'database'))];
}

function parseAddress(text: string): { host: string | undefined; port: string | undefined } {
  // Several hosts are reported as such, not as a malformed one.
  if (text.includes(',')) return { host: text, port: undefined };
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]]*))(?::(.*))?$/.exec(text);
  if (match === null) throw new DatabaseUrlError('has a malformed host or port');
  return {
    host: absentWhereEmpty(decode(match[1] ?? match[2] ?? '', 'host')),
    port: absentWhereEmpty(match[3] ?? ''),
  };
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new DatabaseUrlError('has a port that does not exist');
  return port;
}

/** A part that can stand in two places of the URL. */
function once(what: string, inUrl: string | undefined, inParameter: string | undefined): string | undefined {
  if (inUrl !== undefined && inParameter !== undefined) throw new DatabaseUrlError(`names the ${what} twice`);
  return inUrl ?? absentWhereEmpty(inParameter ?? '');
}

/** As libpq has it: `require` encrypts and checks nothing, unless there is a certificate to check by. */
function tlsOf(parameters: Partial<Record<Parameter, string>>, host: string): ConnectionOptions | false | undefined {
  const { sslmode, sslrootcert, sslcert, sslkey } = parameters;
  const mode = sslmode ?? modeOfSwitch(parameters.ssl);
  if (sslmode !== undefined && parameters.ssl !== undefined) throw new DatabaseUrlError('has both ssl and sslmode');
  const files = [sslrootcert, sslcert, sslkey].some((file) => file !== undefined);
  if (mode === undefined) {
    if (files) throw new DatabaseUrlError('names certificates without sslmode');
    return undefined;
  }
  if (mode === 'disable') return false;
  if (!['require', 'verify-ca', 'verify-full', 'no-verify'].includes(mode))
    throw new DatabaseUrlError('has an sslmode that is not one of disable, require, verify-ca and verify-full');
  // Nobody but this machine is on the way to a local socket.
  if (host.startsWith('/')) return false;
  const own = {
    ...(sslrootcert === undefined || sslrootcert === 'system' ? {} : { ca: readPem('sslrootcert', sslrootcert) }),
    ...(sslcert === undefined ? {} : { cert: readPem('sslcert', sslcert) }),
    ...(sslkey === undefined ? {} : { key: readPem('sslkey', sslkey) }),
  };
  if (mode === 'verify-full') return { ...own, rejectUnauthorized: true };
  if (mode === 'verify-ca' || (mode === 'require' && sslrootcert !== undefined))
    return { ...own, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { ...own, rejectUnauthorized: false };
}

function modeOfSwitch(ssl: string | undefined): string | undefined {
  switch (ssl) {
    case undefined:
      return undefined;
    case 'true':
    case '1':
      return 'require';
    case 'false':
    case '0':
      return 'disable';
    default:
      throw new DatabaseUrlError('has an ssl that is neither true nor false');
  }
}

function readPem(name: Parameter, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw new DatabaseUrlError(`has an ${name} that this user can't read (${code})`);
  }
}

/** `pg` binds to the channel where the server offers it, and can't insist. Where it must, the certificate is checked. */
function bindChannel(
  binding: string | undefined,
  ssl: DatabaseConnection['ssl'],
): Pick<DatabaseConnection, 'ssl' | 'enableChannelBinding'> {
  switch (binding) {
    case undefined:
    case 'disable':
      return { ssl, enableChannelBinding: false };
    case 'prefer':
      return { ssl, enableChannelBinding: true };
    case 'require':
      if (typeof ssl !== 'object') throw new DatabaseUrlError('has channel_binding=require without TLS');
      return { ssl: { ...ssl, rejectUnauthorized: true }, enableChannelBinding: true };
    default:
      throw new DatabaseUrlError('has a channel_binding that is not one of disable, prefer and require');
  }
}

function absentWhereEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError(`has a malformed percent-encoding in its ${what}`);
  }
}
