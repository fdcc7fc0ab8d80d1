import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { Injectable } from '@nestjs/common';
import { AddressGuard, addressRefused } from './address-guard.js';
import { OutboundError, type OutboundFailure } from './outbound.errors.js';

interface OutboundRequest {
  readonly method: 'GET' | 'POST';
  /** `http:` or `https:`. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the question for the name to the last byte of the answer. */
  readonly timeoutMs: number;
  /** More of the answer is not read. */
  readonly maxAnswerBytes: number;
  /** Whether an answer that is larger is one all the same, of which the rest is left out. */
  readonly cutsAnswer?: boolean;
  /** Gives it up. */
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Asks servers that users name. No address is connected to that `AddressGuard` does not allow; redirects are not
 * followed (whoever follows one makes another request, which is judged again), connections are not kept, and what the
 * environment says of proxies is not looked at.
 */
@Injectable()
export class OutboundClient {
  private readonly http: HttpAgent;
  private readonly https: HttpsAgent;

  constructor(private readonly guard: AddressGuard) {
    const options = { keepAlive: false, lookup: guard.lookup };
    this.http = new HttpAgent(options);
    this.https = new HttpsAgent(options);
  }

  /**
   * @returns the answer, whatever its status
   * @throws OutboundError where there is none, or not in time
   */
  async send({ url, method, headers, body, timeoutMs, signal, ...limits }: OutboundRequest): Promise<OutboundAnswer> {
    // An address is connected to without a question for it.
    if (this.guard.refusesLiteral(url)) throw addressRefused();
    const timeout = AbortSignal.timeout(timeoutMs);
    const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    try {
      const answer = await new Promise<IncomingMessage>((settle, reject) => {
        const send = url.protocol === 'https:' ? requestHttps : requestHttp;
        const request = send(url, {
          method,
          agent: url.protocol === 'https:' ? this.https : this.http,
          headers: body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
          signal: ended,
        });
        request.once('response', settle);
        request.once('error', reject);
        request.end(body);
      });
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: await readBody(answer, limits) };
    } catch (error) {
      if (timeout.aborted) throw new OutboundError('timeout', `There was no whole answer within ${timeoutMs} ms.`);
      throw asOutboundError(error);
    }
  }
}

async function readBody(
  answer: IncomingMessage,
  { maxAnswerBytes, cutsAnswer = false }: Pick<OutboundRequest, 'maxAnswerBytes' | 'cutsAnswer'>,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop gives the connection up.
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxAnswerBytes) {
      if (cutsAnswer) break;
      throw new OutboundError('answer-too-large', `The answer is larger than ${maxAnswerBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const FAILURES: Readonly<Record<string, OutboundFailure>> = {
  ENOTFOUND: 'name-not-found',
  EAI_AGAIN: 'name-not-found',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-refused',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-refused',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-refused',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-refused',
  CERT_HAS_EXPIRED: 'certificate-refused',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-refused',
};

function asOutboundError(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return new OutboundError(FAILURES[code] ?? 'connection-failed', `The request failed: ${code}.`, { cause: error });
}
