import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';
import { InOrder } from './in-order.mjs';

/** What the link does with bytes. `black-hole` keeps connections and drops what is sent over them. */
type Link = 'open' | 'cut' | 'black-hole';

/**
 * A link to a server that a test can cut, slow down and black-hole, at 127.0.0.1. Each connection to it is a connection
 * to the server; what passes is neither changed nor reordered, also where it becomes faster on the way.
 */
export class TcpProxy {
  private readonly pairs = new Set<readonly [client: Socket, server: Socket]>();
  private link: Link = 'open';
  private delayMs = 0;
  private heldWord: string | undefined;
  /** What clients said since they were held, in the order they said it. */
  private readonly held = new Map<Socket, (() => void)[]>();

  private constructor(
    private readonly listener: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {}

  static async to(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const listener = createServer();
    const proxy = new TcpProxy(listener, target);
    listener.on('connection', (client) => proxy.accept(client));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return proxy;
  }

  get host(): string {
    return '127.0.0.1';
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** The address of a URL replaced by this link's. */
  urlFor(url: string): string {
    const through = new URL(url);
    through.hostname = this.host;
    through.port = String(this.port);
    return through.href;
  }

  /** Resets all connections, and every new one at once, until `heal`. */
  cut(): void {
    this.link = 'cut';
    this.resetAll();
  }

  /** Resets all connections; new ones are welcome. */
  resetAll(): void {
    for (const pair of this.pairs) reset(pair);
  }

  /** The servers seem to say this, ahead of what they say next: an answer that nobody asked for. */
  insert(reply: string): void {
    for (const [client] of this.pairs) client.write(reply);
  }

  /**
   * From now on bytes are dropped in both directions, on old and new connections alike, and nobody is informed: the peers
   * find out by their own time limits.
   */
  blackHole(): void {
    this.link = 'black-hole';
  }

  /** Each piece of bytes arrives this much later, in both directions. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** A client that says this word is not heard, from there on and until `release`; everybody else is. */
  hold(word: string): void {
    this.heldWord = word;
  }

  release(): void {
    this.heldWord = undefined;
    for (const pieces of this.held.values()) for (const pass of pieces) pass();
    this.held.clear();
  }

  /**
   * Ends all disturbance. Connections that lost bytes are reset, since what follows would be out of step.
   */
  heal(): void {
    if (this.link === 'black-hole') this.resetAll();
    this.link = 'open';
    this.delayMs = 0;
    this.release();
  }

  async close(): Promise<void> {
    this.resetAll();
    this.listener.close();
    await once(this.listener, 'close');
  }

  private accept(client: Socket): void {
    if (this.link === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.target);
    const pair = [client, server] as const;
    this.pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => reset(pair));
      socket.on('close', () => {
        this.pairs.delete(pair);
        reset(pair);
      });
    }
    this.pass(client, server);
    this.pass(server, client);
  }

  private pass(from: Socket, to: Socket): void {
    const pieces = new InOrder();
    from.on('data', (bytes) => {
      const write = () => {
        if (this.link !== 'black-hole' && !to.destroyed) to.write(bytes);
      };
      if (this.heldWord !== undefined && bytes.includes(this.heldWord) && !this.held.has(from)) this.held.set(from, []);
      const waiting = this.held.get(from);
      if (waiting === undefined) pieces.add(write, this.delayMs);
      else waiting.push(write);
    });
    from.on('end', () => pieces.add(() => to.end(), this.delayMs));
  }
}

/** A socket whose end is under way can't be reset any more: Node would leave its handle open for ever. */
function reset(pair: readonly Socket[]): void {
  for (const socket of pair) {
    if (socket.writableEnded || socket.connecting) socket.destroy();
    else if (!socket.destroyed) socket.resetAndDestroy();
  }
}
