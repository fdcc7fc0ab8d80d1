import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

/** A delivery as its receiver sees it. */
export interface ReceivedDelivery {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As it was sent. */
  readonly body: string;
  /** Of the body. */
  readonly type: string;
  readonly data: Readonly<Record<string, any>>;
  /** What it was answered with; undefined where it was left without an answer. */
  readonly status: number | undefined;
}

interface Answer {
  /** 204 by default; `never` leaves the connection open without a word. */
  readonly status?: number | 'never';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Is waited for before the answer. */
  readonly after?: Promise<unknown>;
}

/** A server that takes deliveries, on 127.0.0.1. It can go away and come back on its port. */
export class WebhookReceiver {
  readonly received: ReceivedDelivery[] = [];
  /** By path, `/` and a name. */
  private readonly answers = new Map<string, (delivery: { readonly data: any }) => Answer>();
  private server: Server | undefined;
  private port = 0;

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await receiver.start();
    return receiver;
  }

  async start(): Promise<void> {
    this.server = createServer((request, response) => void this.take(request, response));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** How deliveries to a path are answered from now on. */
  answer(path: string, answer: Answer | ((delivery: { readonly data: any }) => Answer)): void {
    this.answers.set(path, typeof answer === 'function' ? answer : () => answer);
  }

  /** What was sent to a path so far, in the order of its arrival. */
  at(path: string): ReceivedDelivery[] {
    return this.received.filter((delivery) => delivery.path === path);
  }

  /** Those of them that were answered with a receipt. */
  takenAt(path: string): ReceivedDelivery[] {
    return this.at(path).filter(({ status }) => status === 204);
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const path = request.url ?? '';
    const { type, data } = JSON.parse(body) as { type: string; data: Record<string, unknown> };
    const { status = 204, headers = {}, body: answer, after } = this.answers.get(path)?.({ data }) ?? {};
    const seen = { path, headers: request.headers as Record<string, string>, body, type, data };
    if (after !== undefined) await after;
    this.received.push({ ...seen, status: status === 'never' ? undefined : status });
    if (status !== 'never') response.writeHead(status, headers).end(answer);
  }
}

/** @throws WebhookVerificationError, by the package of Standard Webhooks */
export function verify(secret: string, { headers, body }: ReceivedDelivery): void {
  new Webhook(secret).verify(body, headers);
}
