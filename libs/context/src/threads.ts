import { Worker } from 'node:worker_threads';

const TIMEOUT_MS = 15_000;
const MEMORY_MB = 256;
/** Threads at once; who comes then waits. */
const AT_ONCE = 2;

/** Work that would hold the event loop up, each in a thread of its own that is ended when it takes too long or too much memory. */
export class Threads<Command, Answer> {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param file posts one answer to its parent, made of its `workerData` */
  constructor(private readonly file: URL) {}

  /** Undefined where it took more time or memory than it may. What is in the order is copied. */
  async run(command: Command): Promise<Answer | undefined> {
    if (this.running >= AT_ONCE) await new Promise<void>((settle) => this.waiting.push(settle));
    else this.running++;
    try {
      return await this.runInThread(command);
    } finally {
      const next = this.waiting.shift();
      // Whoever waits takes this place.
      if (next === undefined) this.running--;
      else next();
    }
  }

  private async runInThread(command: Command): Promise<Answer | undefined> {
    const worker = new Worker(this.file, {
      workerData: command,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
      // What a parser has to say about a broken file is nothing for the log.
      stdout: true,
      stderr: true,
    });
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer | undefined>((settle) => {
        timer = setTimeout(() => settle(undefined), TIMEOUT_MS);
        worker.once('message', settle);
        worker.once('error', () => settle(undefined));
        worker.once('exit', () => settle(undefined));
      });
    } finally {
      clearTimeout(timer);
      await worker.terminate();
    }
  }
}
