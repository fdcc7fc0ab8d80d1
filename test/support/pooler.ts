import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';

/** As PgBouncer takes them without `ignore_startup_parameters`. */
const TAKEN = ['user', 'database', 'client_encoding', 'datestyle', 'timezone', 'application_name'];
const SSL_REQUEST = 80_877_103;
const CANCEL_REQUEST = 80_877_102;

/** A connection to the server, signed in; what it says goes to the client that has it. */
interface ServerConnection {
  readonly client: pg.Client;
  readonly socket: Socket;
  taker: ClientConnection | undefined;
}

/**
 * A connection pooler in front of one PostgreSQL database, at 127.0.0.1, with what distinguishes PgBouncer: it refuses
 * startup parameters that it does not know, makes up the numbers of server processes, and in `transaction` mode gives a
 * client whatever server connection is free for each transaction. It lets everybody in.
 */
export class Pooler {
  readonly idle: ServerConnection[] = [];
  readonly waiting: ((connection: ServerConnection) => void)[] = [];
  private readonly all: ServerConnection[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly listener: Server,
    readonly mode: 'session' | 'transaction',
  ) {}

  /** @param size connections to the server */
  static async to(databaseUrl: string, mode: 'session' | 'transaction', size = 20): Promise<Pooler> {
    const listener = createServer();
    const pooler = new Pooler(listener, mode);
    listener.on('connection', (socket) => {
      pooler.sockets.add(socket);
      new ClientConnection(pooler, socket).serve();
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const connections = Array.from({ length: size }, () => connectServer(databaseUrl));
    pooler.all.push(...(await Promise.all(connections)));
    pooler.idle.push(...pooler.all);
    return pooler;
  }

  /** The address of a URL replaced by this pooler's. */
  urlFor(url: string): string {
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String((this.listener.address() as AddressInfo).port);
    return through.href;
  }

  /** The one that was used last comes first, as in PgBouncer. */
  async take(taker: ClientConnection): Promise<ServerConnection> {
    const connection = this.idle.pop() ?? (await new Promise<ServerConnection>((settle) => this.waiting.push(settle)));
    connection.taker = taker;
    return connection;
  }

  release(connection: ServerConnection): void {
    connection.taker = undefined;
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(connection);
    else next(connection);
  }

  async close(): Promise<void> {
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
    for (const { client, socket } of this.all) {
      client.removeAllListeners('error').on('error', () => undefined);
      socket.destroy();
    }
  }
}

/** Signs in by `pg`, then takes the socket from it. */
async function connectServer(databaseUrl: string): Promise<ServerConnection> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  const { stream: socket } = (client as unknown as { connection: { stream: Socket } }).connection;
  socket.removeAllListeners('data');
  const connection: ServerConnection = { client, socket, taker: undefined };
  const messages = new Messages();
  socket.on('data', (bytes: Buffer) => {
    for (const message of messages.push(bytes)) connection.taker?.heard(message);
  });
  return connection;
}

class ClientConnection {
  private server: ServerConnection | undefined;
  private isStarted = false;
  /** Answers of the server that are still to come: one ReadyForQuery for each Query and Sync. */
  private outstanding = 0;
  private isEnded = false;
  private work = Promise.resolve();
  private readonly messages = new Messages();
  private early = Buffer.alloc(0);

  constructor(
    private readonly pooler: Pooler,
    private readonly socket: Socket,
  ) {}

  serve(): void {
    this.socket.on('data', (bytes: Buffer) => this.data(bytes));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => void this.ended());
  }

  heard(message: Buffer): void {
    this.socket.write(message);
    if (message[0] !== 0x5a) return;
    this.outstanding--;
    const isIdle = message[5] === 0x49 && this.outstanding === 0;
    if (isIdle && (this.isEnded || this.pooler.mode === 'transaction')) this.letGo();
  }

  private data(bytes: Buffer): void {
    if (this.isStarted) return this.say(this.messages.push(bytes));
    this.early = Buffer.concat([this.early, bytes]);
    while (!this.isStarted && this.early.length >= 8 && this.early.length >= this.early.readInt32BE(0)) {
      const begin = this.early.subarray(0, this.early.readInt32BE(0));
      this.early = this.early.subarray(begin.length);
      const code = begin.readInt32BE(4);
      if (code === SSL_REQUEST) this.socket.write('N');
      else if (code === CANCEL_REQUEST) this.socket.end();
      else this.start(begin.subarray(8).toString().split('\0'));
    }
  }

  private start(fields: readonly string[]): void {
    this.isStarted = true;
    const names = fields.filter((name, index) => index % 2 === 0 && name !== '').map((name) => name.toLowerCase());
    const unknown = names.find((name) => !TAKEN.includes(name));
    if (unknown !== undefined) {
      const text = `SFATAL\0C08P01\0Munsupported startup parameter: ${unknown}\0\0`;
      this.socket.end(packet('E', Buffer.from(text)));
      return;
    }
    const made = randomBytes(8);
    this.socket.write(
      Buffer.concat([
        packet('R', Buffer.alloc(4)),
        packet('S', Buffer.from('server_version\x0017.0\0')),
        packet('S', Buffer.from('client_encoding\0UTF8\0')),
        packet('K', made),
        packet('Z', Buffer.from('I')),
      ]),
    );
    this.say(this.messages.push(this.early));
  }

  private say(messages: readonly Buffer[]): void {
    for (const each of messages) {
      // Terminate is for the pooler.
      if (each[0] === 0x58) this.socket.end();
      else this.work = this.work.then(() => this.pass(each));
    }
  }

  private async pass(each: Buffer): Promise<void> {
    this.server ??= await this.pooler.take(this);
    if (each[0] === 0x51 || each[0] === 0x53) this.outstanding++;
    this.server.socket.write(each);
  }

  private async ended(): Promise<void> {
    this.isEnded = true;
    await this.work;
    // What was open is rolled back, and in session mode all that was set is forgotten: `server_reset_query`.
    const reset = this.pooler.mode === 'session' ? ['ROLLBACK', 'DISCARD ALL'] : ['ROLLBACK'];
    for (const sql of this.server === undefined ? [] : reset) {
      this.outstanding++;
      this.server?.socket.write(packet('Q', Buffer.from(`${sql}\0`)));
    }
  }

  private letGo(): void {
    if (this.server !== undefined) this.pooler.release(this.server);
    this.server = undefined;
  }
}

/** Cuts a stream into whole messages: a letter, a length, the rest. */
class Messages {
  private rest = Buffer.alloc(0);

  push(bytes: Buffer): Buffer[] {
    this.rest = Buffer.concat([this.rest, bytes]);
    const whole: Buffer[] = [];
    while (this.rest.length >= 5 && this.rest.length > this.rest.readInt32BE(1)) {
      const length = this.rest.readInt32BE(1) + 1;
      whole.push(this.rest.subarray(0, length));
      this.rest = this.rest.subarray(length);
    }
    return whole;
  }
}

function packet(letter: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(letter, 0);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
