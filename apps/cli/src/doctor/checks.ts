import { once } from 'node:events';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { DataSource } from 'typeorm';
import { type CacheConfig, type DatabaseConfig, type HttpConfig, parseDatabaseUrl, type SearchConfig } from '#config';
import {
  connectDataSource,
  DataFolderLock,
  dataSourceOptions,
  describeOwner,
  EMBEDDED_FOLDER,
  findMissingGrants,
  findPooling,
  MissingGrantsError,
  PoolerError,
  SchemaMigrator,
} from '#database';
import { inspectRedis } from '#cache';
import { findLanguageProblem } from '#search';
import { ExitCode } from '../cli-error.js';
import { describeError } from '../describe-error.js';
import { findRunningServer } from '../server/running-server.js';

/** What one look of the doctor found. */
export interface Finding {
  readonly part: string;
  /** `failed`: it won't work. `warning`: it works, but should be otherwise. */
  readonly status: 'ok' | 'warning' | 'failed';
  /** What was found and, where it is not ok, what to write or do. */
  readonly detail: string;
  /** Of a failure: whether the configuration is wrong or something is not there. */
  readonly cause?: 'configuration' | 'unavailable';
}

export const ok = (part: string, detail: string): Finding => ({ part, status: 'ok', detail });
export const warning = (part: string, detail: string): Finding => ({ part, status: 'warning', detail });
export const misconfigured = (part: string, detail: string): Finding => ({
  part,
  status: 'failed',
  detail,
  cause: 'configuration',
});
export const unavailable = (part: string, detail: string): Finding => ({
  part,
  status: 'failed',
  detail,
  cause: 'unavailable',
});

/** A wrong configuration is reported before what it may have caused. */
export function exitCodeOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ cause }) => cause === 'configuration')) return ExitCode.configuration;
  return findings.some(({ status }) => status === 'failed') ? ExitCode.unavailable : ExitCode.ok;
}

const DATABASE = 'database';
/** The oldest PostgreSQL that the tests run on. */
const OLDEST_VERSION = 17;
/** Those that the migrations make: nothing works without the first. */
const NEEDED_EXTENSION = 'pg_trgm';
const VECTOR_EXTENSION = 'vector';

/** Reachable, of a fitting version, with its extensions, and with the schema of this release. Changes nothing. */
export async function checkDatabase(config: DatabaseConfig, { language }: SearchConfig): Promise<Finding[]> {
  const isEmbedded = config.url === undefined;
  if (isEmbedded) {
    if (!existsSync(join(config.dataDir, EMBEDDED_FOLDER)))
      return [ok(DATABASE, 'The embedded database will be made at the first start.')];
    const owner = await DataFolderLock.findOwner(config.dataDir);
    if (owner !== undefined) return [ok(DATABASE, `The embedded database is in the hands of ${describeOwner(owner)}.`)];
  }
  let dataSource: DataSource;
  try {
    dataSource = await connectDataSource(dataSourceOptions(config));
  } catch (error) {
    const { message } = describeError(error);
    return [error instanceof PoolerError ? misconfigured(DATABASE, message) : unavailable(DATABASE, message)];
  }
  try {
    return [
      ...(await checkConnection(config)),
      await checkVersion(dataSource),
      await checkExtensions(dataSource),
      await checkSchema(dataSource, config),
      ...(await checkLanguage(dataSource, language)),
    ];
  } finally {
    await dataSource.destroy();
  }
}

/** What is between: a pooler, and a connection that anybody on the way could answer. */
async function checkConnection({ url, connectTimeoutMs }: DatabaseConfig): Promise<Finding[]> {
  if (url === undefined) return [];
  const connection = parseDatabaseUrl(url);
  const pooling = await findPooling(connection, connectTimeoutMs);
  const isUnchecked = typeof connection.ssl === 'object' && connection.ssl.rejectUnauthorized === false;
  return [
    ...(pooling === 'none' ? [] : [ok('pooler', `a pooler in ${pooling} mode is between`)]),
    ...(isUnchecked
      ? [
          warning(
            'database TLS',
            "is encrypted, but the server's certificate is not checked: write sslmode=verify-full into DATABASE_URL, and sslrootcert where the authority is not a public one.",
          ),
        ]
      : []),
  ];
}

async function checkVersion(dataSource: DataSource): Promise<Finding> {
  const [row] = await dataSource.query<{ version: string }[]>("SELECT current_setting('server_version') AS version");
  const version = row?.version ?? '0';
  if (Number.parseInt(version, 10) < OLDEST_VERSION)
    return warning(DATABASE, `PostgreSQL ${version} is older than what is tested: use ${OLDEST_VERSION} or newer.`);
  return ok(DATABASE, `PostgreSQL ${version}`);
}

async function checkExtensions(dataSource: DataSource): Promise<Finding> {
  const rows = await dataSource.query<{ name: string }[]>(
    'SELECT name FROM pg_available_extensions WHERE name = ANY($1)',
    [[NEEDED_EXTENSION, VECTOR_EXTENSION]],
  );
  const has = (name: string) => rows.some((row) => row.name === name);
  if (!has(NEEDED_EXTENSION))
    return unavailable(
      'extensions',
      `${NEEDED_EXTENSION} must be installed on the database server (on Debian: postgresql-contrib).`,
    );
  if (!has(VECTOR_EXTENSION))
    return warning(
      'extensions',
      'pgvector is not installed on the database server: vectors are compared outside of it, slowly in large projects (on Debian: postgresql-17-pgvector).',
    );
  return ok('extensions', `${NEEDED_EXTENSION}, ${VECTOR_EXTENSION}`);
}

async function checkSchema(dataSource: DataSource, config: DatabaseConfig): Promise<Finding> {
  if (await new SchemaMigrator(dataSource, config.url === undefined).isCurrent()) return ok('schema', 'up to date');
  const grants = config.url === undefined ? [] : await findMissingGrants(dataSource);
  if (grants.length > 0) return unavailable('schema', new MissingGrantsError(grants).message);
  if (config.migrateOnStart) return ok('schema', 'will be brought up to date at the next start');
  return unavailable('schema', 'is older than this release: run `keepsake migrate`, or set DATABASE_MIGRATE=true');
}

async function checkLanguage(dataSource: DataSource, language: string): Promise<Finding[]> {
  const problem = await findLanguageProblem((sql, parameters) => dataSource.query(sql, parameters), language);
  return problem === undefined ? [] : [misconfigured('search', problem)];
}

const REDIS = 'redis';
/** Patient: what a doctor is asked about may be slow. */
const SERVER_TIMEOUT_MS = 5_000;
const TIMEOUTS = { connectTimeoutMs: 3_000, commandTimeoutMs: 1_000 };

/** Whether the servers of `REDIS_URL` take this password, and are fit for the cache. Without Redis it lives in the process. */
export async function checkRedis({ redisUrl }: Pick<CacheConfig, 'redisUrl'>): Promise<Finding> {
  if (redisUrl === undefined) return ok(REDIS, 'REDIS_URL is not set: the cache lives in the process.');
  const { servers, isCluster, problems, missingFeatures } = await inspectRedis(redisUrl, TIMEOUTS);
  if (problems.length > 0)
    return unavailable(REDIS, `${problems.join('; ')}. ${adviceFor(problems)} (Keepsake works without, only slower.)`);
  const names = `${isCluster ? `a Cluster of ${servers.length}: ` : ''}${servers.join(', ')}`;
  return missingFeatures.length > 0
    ? warning(REDIS, `${names} works, but: ${missingFeatures.join('; ')}`)
    : ok(REDIS, names);
}

/** Replies of a server to a wrong or missing password (https://redis.io/docs/latest/commands/auth/). */
const SIGN_IN = /WRONGPASS|NOAUTH|without any password/;

function adviceFor(problems: readonly string[]): string {
  return problems.some((problem) => SIGN_IN.test(problem))
    ? 'Check user and password in REDIS_URL.'
    : 'Check REDIS_URL, and that the server runs.';
}

const SERVER = 'server';

/** Whether a server of Keepsake answers at `KEEPSAKE_URL`, where commands look for it. No credential is sent. */
export async function checkServer(url: string): Promise<Finding> {
  let answer: unknown;
  try {
    const response = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(SERVER_TIMEOUT_MS) });
    answer = await response.json().catch(() => undefined);
  } catch {
    return unavailable(
      SERVER,
      `KEEPSAKE_URL: nothing answers at ${url}. Start the server, or set it to where one listens.`,
    );
  }
  return isAlive(answer)
    ? ok(SERVER, `${url} answers.`)
    : misconfigured(SERVER, `KEEPSAKE_URL: what answers at ${url} is no Keepsake server. Set it to where one listens.`);
}

function isAlive(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 'up';
}

const DATA_FOLDER = 'data folder';

export async function checkDataFolder(dataDir: string): Promise<Finding> {
  const folder = resolve(dataDir);
  if (!existsSync(folder)) {
    const parent = nearestExisting(folder);
    if (!statSync(parent).isDirectory())
      return unavailable(
        DATA_FOLDER,
        `${folder} can't be made: ${parent} is not a folder. Set KEEPSAKE_DATA_DIR to another place.`,
      );
    return canWrite(parent)
      ? ok(DATA_FOLDER, `${folder} will be made at the first start.`)
      : unavailable(
          DATA_FOLDER,
          `${folder} can't be made: ${parent} is not writable. Set KEEPSAKE_DATA_DIR to a folder that is.`,
        );
  }
  if (!statSync(folder).isDirectory())
    return unavailable(DATA_FOLDER, `${folder} is not a folder. Set KEEPSAKE_DATA_DIR to one.`);
  if (!canWrite(folder))
    return unavailable(DATA_FOLDER, `${folder} is not writable. Give it to this user, or set KEEPSAKE_DATA_DIR.`);
  const owner = await DataFolderLock.findOwner(folder);
  if ((statSync(folder).mode & 0o077) !== 0)
    return warning(DATA_FOLDER, `${folder} can be entered by other users. Write: chmod 700 ${folder}`);
  if (owner === undefined) return ok(DATA_FOLDER, `${folder} is free.`);
  const server = await findRunningServer(folder);
  return ok(
    DATA_FOLDER,
    `${folder} is in use by ${describeOwner(owner)}${server === undefined ? '' : `, the server at ${server.url}`}.`,
  );
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether the server could listen where it should; a server of ours that does so already is fine. */
export async function checkPort({ host, port }: HttpConfig, ownServerUrl: string | undefined): Promise<Finding> {
  if (ownServerUrl !== undefined && new URL(ownServerUrl).port === String(port))
    return ok('port', `The running server listens on ${ownServerUrl}.`);
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return ok('port', port === 0 ? 'A free port will be taken.' : `${host}:${port} is free.`);
  } catch (error) {
    return unavailable('port', describeError(error).message);
  } finally {
    server.close();
  }
}

/** As `engines` in package.json says. */
const OLDEST: readonly [major: number, minor: number] = [20, 19];

export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  if (isOld) return misconfigured('node', `Node ${version} is too old: install ${OLDEST.join('.')} or newer.`);
  return ok('node', `Node ${version}`);
}
