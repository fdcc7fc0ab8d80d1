import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogConfig } from '#config';
import { findRequestContext } from './request-context.js';

/** Never written to a log, wherever they turn up in a logged object. */
const REDACTED = ['authorization', 'cookie', 'apiKey', 'secret', 'token', 'password', 'content'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/**
 * What Nest reports about its own start: dozens of lines that say nothing about the product. Its ExceptionHandler reports
 * an error that it throws on, and that is reported at the end of the program.
 */
const FRAMEWORK = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'ExceptionHandler',
]);

/** What speaks in a channel of its own. */
const CHANNELS: Readonly<Record<string, string>> = { Cache: 'cache' };

/** A line waits at most so long for others to go out with it. */
const FLUSH_MS = 100;

/**
 * Lines go out together, and what is left at the end of the process, an uncaught error's too, is written then: a system
 * call a line was a tenth of a server's time.
 */
function standardOutput(): DestinationStream {
  const destination = pino.destination({ dest: 1, sync: false, minLength: 4096 });
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    destination.flush();
  };
  const stream = {
    write(line: string) {
      destination.write(line);
      timer ??= setTimeout(flush, FLUSH_MS).unref();
    },
    /** Pino calls it for what is fatal. */
    flushSync: () => destination.flushSync(),
  };
  return stream;
}

/**
 * Nest's logger over pino: one JSON object a line on standard output, with the request id where there is one, and
 * no content or secrets. Errors keep their stack in the log, never in an answer.
 */
export class KeepsakeLogger implements LoggerService {
  private readonly pino: Logger;

  constructor(config: LogConfig, destination: DestinationStream = standardOutput()) {
    this.pino = pino(
      {
        level: config.level,
        base: { service: 'keepsake', pid: process.pid },
        timestamp: pino.stdTimeFunctions.isoTime,
        serializers: { err: loggedErrorOf },
        redact: { paths: REDACTED, censor: '[redacted]' },
        formatters: { level: (label) => ({ level: label }) },
        mixin: () => {
          const context = findRequestContext();
          return context === undefined ? {} : { requestId: context.requestId };
        },
      },
      config.format === 'pretty' ? prettyStream(destination) : destination,
    );
  }

  /** A logger for structured lines of one channel: `cache`, `api-costs`, `performance`, `http`, … */
  channel(name: string): Logger {
    return this.pino.child({ channel: name });
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  /** Nest passes (message, ...details, context): the last text is the class that speaks, a text before it a stack. */
  private write(
    reported: 'info' | 'warn' | 'debug' | 'trace' | 'fatal' | 'error',
    message: unknown,
    rest: readonly unknown[],
  ): void {
    const details = [...rest];
    const context = typeof details.at(-1) === 'string' ? (details.pop() as string) : undefined;
    const level = context !== undefined && FRAMEWORK.has(context) ? 'debug' : reported;
    const line: Record<string, unknown> = context === undefined ? {} : { context };
    if (context !== undefined && CHANNELS[context] !== undefined) line['channel'] = CHANNELS[context];
    if (message instanceof Error) line['err'] = message;
    const stack = details.find((detail) => typeof detail === 'string');
    if (stack !== undefined) line['stack'] = stack;
    const data = details.filter((detail) => typeof detail === 'object' && detail !== null);
    if (data.length > 0) line['data'] = data.length === 1 ? data[0] : data;
    this.pino[level](line, message instanceof Error ? message.message : String(message));
  }
}

/** One readable line for a person at a terminal: time, level, context, message, then what else there is. */
function prettyStream(destination: DestinationStream): DestinationStream {
  return {
    write(text: string): void {
      const {
        time,
        level,
        context,
        channel,
        msg,
        service: _service,
        pid: _pid,
        ...rest
      } = JSON.parse(text) as Record<string, unknown>;
      const extra = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
      destination.write(
        `${String(time)} ${String(level).toUpperCase().padEnd(5)} ${textOf(context ?? channel)} ${textOf(msg)}${extra}\n`,
      );
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

const MOST_CAUSES = 5;

/**
 * An error as it is logged: what it is, what it says, where it was thrown, and what caused it. Nothing else that it
 * carries: drivers hang the statement, its parameters and the row upon their errors, and those are content.
 */
export function loggedErrorOf(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' ? 'an object that is no error' : error;
  const { code, cause } = error as Error & { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause !== undefined && depth < MOST_CAUSES ? { cause: loggedErrorOf(cause, depth + 1) } : {}),
  };
}
