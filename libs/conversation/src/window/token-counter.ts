import { Worker } from 'node:worker_threads';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { messageOf } from '#kernel';
import type { Message } from '../message.js';

/** Of a message besides its content and its name: role and separators. */
const MESSAGE_TOKENS = 4;

const TIMEOUT_MS = 8_000;
/** The tables of the tokenizer take 70 MB: a thread that nobody asks ends. */
const IDLE_MS = 10 * 60_000;
const REMEMBERED = 20_000;

interface CountedPart extends Pick<Message, 'id' | 'name' | 'content'> {
  /** Of what is counted: the same text has the same one. */
  readonly revision: string;
}

interface CountAnswer {
  readonly order: number;
  readonly counts: readonly number[];
}

/**
 * Counts what messages take of a model's window, in a thread that is started when it is first needed: to load the tables
 * of the tokenizer takes most of a second. Where that thread fails or is too slow, a token is a byte, which is never too
 * few.
 */
@Injectable()
export class TokenCounter implements OnModuleDestroy {
  private readonly logger = new Logger('Conversations');
  private readonly known = new LRUCache<string, number>({ max: REMEMBERED });
  private readonly pending = new Map<number, (counts: readonly number[] | undefined) => void>();
  private thread: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private orders = 0;

  onModuleDestroy(): void {
    this.end();
  }

  /** Starts the thread, so that it is ready when it is asked. */
  prepare(): void {
    this.start();
  }

  /** In the order of the messages. */
  async countAll(messages: readonly CountedPart[]): Promise<readonly number[]> {
    const counts = messages.map(({ id, revision }) => this.known.get(id + revision));
    const unknown = messages.filter((_, place) => counts[place] === undefined);
    if (unknown.length > 0) {
      const counted = await this.ask(unknown.map(countedText));
      for (const [place, message] of unknown.entries()) {
        const tokens = counted?.[place];
        if (tokens !== undefined) this.known.set(message.id + message.revision, MESSAGE_TOKENS + tokens);
      }
    }
    return messages.map(
      (message, place) =>
        counts[place] ??
        this.known.get(message.id + message.revision) ??
        MESSAGE_TOKENS + Buffer.byteLength(countedText(message)),
    );
  }

  private ask(texts: readonly string[]): Promise<readonly number[] | undefined> {
    const thread = this.start();
    const order = ++this.orders;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answer(order, undefined), TIMEOUT_MS);
      this.pending.set(order, (counts) => {
        clearTimeout(timer);
        resolve(counts);
      });
      thread.ref();
      thread.postMessage({ order, texts });
    });
  }

  private start(): Worker {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.end(), IDLE_MS).unref();
    if (this.thread !== undefined) return this.thread;
    const thread = new Worker(new URL('./token-count.worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    thread.unref();
    thread.on('message', ({ order, counts }: CountAnswer) => this.answer(order, counts));
    thread.on('error', (error) => this.logger.warn(`Tokens are estimated: ${messageOf(error)}`));
    thread.on('exit', () => {
      if (this.thread === thread) this.end();
    });
    this.thread = thread;
    return thread;
  }

  private answer(order: number, counts: readonly number[] | undefined): void {
    this.pending.get(order)?.(counts);
    this.pending.delete(order);
    if (this.pending.size === 0) this.thread?.unref();
  }

  private end(): void {
    clearTimeout(this.idle);
    const { thread } = this;
    this.thread = undefined;
    void thread?.terminate();
    for (const order of this.pending.keys()) this.answer(order, undefined);
  }
}

function countedText({ name, content }: CountedPart): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return name === null ? text : `${name} ${text}`;
}
