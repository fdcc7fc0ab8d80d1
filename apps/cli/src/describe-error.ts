import { types } from 'node:util';
import { ConfigError } from '#config';
import {
  DataFolderLockedError,
  isDatabaseUnavailable,
  MissingGrantsError,
  PoolerError,
  SchemaOutdatedError,
  sqlStateOf,
} from '#database';
import { DomainError } from '#kernel';
import { CliError, ExitCode } from './cli-error.js';
import { fileMessage, isOfFile } from './file-error.js';

/** How an error ends the program: one message that says what to do where that is known, a stack where it is a defect. */
export function describeError(error: unknown): { message: string; exitCode: ExitCode } {
  if (error instanceof CliError) return error;
  if (error instanceof ConfigError) return { message: error.message, exitCode: ExitCode.configuration };
  if (error instanceof PoolerError) return { message: error.message, exitCode: ExitCode.configuration };
  if (isNotReady(error)) return { message: error.message, exitCode: ExitCode.unavailable };
  if (error instanceof DomainError) return { message: error.detail, exitCode: ExitCode.refused };
  if (!types.isNativeError(error)) return { message: String(error), exitCode: ExitCode.defect };
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (syscall === 'listen') return { message: listenMessage(code, address, port), exitCode: ExitCode.unavailable };
  if (isRefusedByDatabase(error))
    return {
      message: `The database refuses the connection: ${error.message}. Check user, password and database in DATABASE_URL.`,
      exitCode: ExitCode.unavailable,
    };
  if (isOfFile(error)) return { message: fileMessage(error), exitCode: ExitCode.unavailable };
  if (isDatabaseUnavailable(error))
    return {
      message: `The database can't be reached: ${messageOf(error)}. Check DATABASE_URL, and that the server runs.`,
      exitCode: ExitCode.unavailable,
    };
  return { message: error.stack ?? error.message, exitCode: ExitCode.defect };
}

/** Something that the product needs is held by another, or does not have what a command or a superuser gives it. */
function isNotReady(error: unknown): error is Error {
  return [DataFolderLockedError, SchemaOutdatedError, MissingGrantsError].some((kind) => error instanceof kind);
}

function listenMessage(code: string | undefined, address = 'the host', port: number | undefined): string {
  if (code === 'EADDRINUSE') return `Port ${port} is taken. Stop what listens there, or set PORT to another one.`;
  if (code === 'EACCES') return `Port ${port} may not be used by this user. Set PORT to one above 1023.`;
  return `${address} can't be listened on (${code}). Set HOST to an address of this machine.`;
}

/** Class 28 (authorization) and a database that does not exist (PostgreSQL, appendix A). */
function isRefusedByDatabase(error: Error): boolean {
  return /^(28...|3D000)$/.test(sqlStateOf(error) ?? '');
}

/** Node reports a failure on every address of a name as one error without a message of its own. */
function messageOf(error: Error): string {
  const { errors } = error as { errors?: Error[] };
  return error.message || (errors?.map(({ message }) => message).join(', ') ?? 'no reason given');
}
