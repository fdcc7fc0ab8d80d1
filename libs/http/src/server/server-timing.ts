import type { FastifyReply, FastifyRequest } from 'fastify';
import { type RequestTimings, roundedTimings, serverTimingOf, type TimingReport } from '#observability';

/** With `body` an answer that is a JSON object has the timings as its last member too. */
const TIMINGS_HEADER = 'x-keepsake-timings';
/** The name of that member; no answer has one of its own. */
const TIMINGS_MEMBER = 'serverTiming';

/** Of the requests under way. */
export const timingsOf = new WeakMap<FastifyRequest, RequestTimings>();

/**
 * Says in `Server-Timing` where the time of the request went, and in the body where the client asks for it. Not to those
 * whose credential was refused: how long a lookup took is nothing for them. @returns the payload to send
 */
export function writeServerTiming(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const timings = timingsOf.get(request);
  if (timings === undefined || reply.statusCode === 401) return payload;
  const report = timings.report();
  void reply.header('server-timing', serverTimingOf(report));
  if (request.headers[TIMINGS_HEADER] !== 'body') return payload;
  const reported = withTimings(payload, report);
  if (reported === undefined) return payload;
  // No two of these are alike.
  void reply.header('cache-control', 'no-store').removeHeader('content-length');
  return reported;
}

/** Undefined for what is not the text of a JSON object. */
function withTimings(payload: unknown, report: TimingReport): string | undefined {
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return undefined;
  const text = payload.toString();
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  const member = `"${TIMINGS_MEMBER}":${JSON.stringify(roundedTimings(report))}`;
  return text === '{}' ? `{${member}}` : `${text.slice(0, -1)},${member}}`;
}
