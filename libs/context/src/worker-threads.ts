import { parentPort, Worker } from 'node:worker_threads';

const TIMEOUT_MS = 15_000;
const MEMORY_MB = 256;
/** Threads at once; who comes then waits. */
const AT_ONCE = 2;

/** A thread that has answered is kept so long for the next order: to start one takes longer than most orders. */
const IDLE_MS = 2_000;

/**
 * Work that would hold the event loop up, in threads. One that takes too long, too much memory, or fails is ended.
 */
export class Threads<Command, Answer> {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  /** With the timer that ends each of them. */
  private readonly idle = new Map<Worker, NodeJS.Timeout>();

  /**
   * @param file answers each message of its parent with one; see `answerOrders`
   * @param isKept whether a thread that has answered takes the next order, or ends a moment later. Not where a parser of
   *   others reads what strangers send: whatever a file makes of its thread ends with it
   */
  constructor(
    private readonly file: URL,
    private readonly isKept = false,
  ) {}

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
    const worker = this.takeIdle() ?? this.start();
    let timer: NodeJS.Timeout | undefined;
    const outcome = await new Promise<{ readonly answer: Answer } | undefined>((settle) => {
      timer = setTimeout(() => settle(undefined), TIMEOUT_MS);
      worker.once('message', (answer: Answer) => settle({ answer }));
      worker.once('exit', () => settle(undefined));
      worker.postMessage(command);
    });
    clearTimeout(timer);
    worker.removeAllListeners('message').removeAllListeners('exit');
    if (outcome === undefined || !this.isKept) await worker.terminate();
    else this.keep(worker);
    return outcome?.answer;
  }

  private start(): Worker {
    const worker = new Worker(this.file, {
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
      // What a parser has to say about a broken file is nothing for the log.
      stdout: true,
      stderr: true,
    });
    worker.stdout.resume();
    worker.stderr.resume();
    // Whenever it comes: an error that nobody listens to ends the process. The exit that follows it is what counts.
    worker.on('error', () => undefined);
    return worker;
  }

  private takeIdle(): Worker | undefined {
    const [worker] = this.idle.keys();
    if (worker === undefined) return undefined;
    this.forget(worker);
    worker.ref();
    return worker;
  }

  private keep(worker: Worker): void {
    // It may end after its answer.
    worker.once('exit', () => this.forget(worker));
    worker.unref();
    const end = (): void => {
      this.forget(worker);
      void worker.terminate();
    };
    this.idle.set(worker, setTimeout(end, IDLE_MS).unref());
  }

  private forget(worker: Worker): void {
    clearTimeout(this.idle.get(worker));
    this.idle.delete(worker);
    worker.removeAllListeners('exit');
  }
}

/** In the file of a thread: answers each order. What is thrown ends the thread, and its order is answered with undefined. */
export function answerOrders<Command, Answer>(answer: (command: Command) => Answer | Promise<Answer>): void {
  parentPort?.on('message', (command: Command) => {
    void Promise.resolve(answer(command)).then((made) => parentPort?.postMessage(made));
  });
}
