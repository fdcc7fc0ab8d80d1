/*
 * The embedded database: PGlite behind the PostgreSQL wire protocol on a local socket, in a thread of its own so
 * that a long query does not stop the event loop of the server. It dies with the process, so nothing outlives a kill.
 */
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { isTakenFrom } from './data-folder-lock.js';
import type { EmbeddedWorkerData, EmbeddedWorkerMessage } from './embedded-database.js';

/**
 * How many bytes of a function of WebAssembly run before V8 compiles it once more, optimised: ten times its default, by which
 * two seconds of a processor go into the first second of every start. What is used for long is optimised all the same.
 */
const OPTIMISED_AFTER_BYTES = 20_000_000;
setFlagsFromString(`--wasm-tiering-budget=${OPTIMISED_AFTER_BYTES}`);

const { databaseDir, socketPath, lockPath, lockId } = workerData as EmbeddedWorkerData;
const say = (message: EmbeddedWorkerMessage) => parentPort?.postMessage(message);

/** A process that was stopped for longer may have lost its data folder to another one. */
const LOOK_AFTER_MS = 500;

/** Executes nothing once another process owns the data folder. */
class OwnedDatabase extends PGlite {
  private lookedAtMs = Date.now();

  override async execProtocolRawStream(
    ...[message, options]: Parameters<PGlite['execProtocolRawStream']>
  ): Promise<void> {
    if (Math.abs(Date.now() - this.lookedAtMs) > LOOK_AFTER_MS) {
      if (isTakenFrom(lockId, lockPath)) throw new Error('Another process owns the data folder now.');
      this.lookedAtMs = Date.now();
    }
    return super.execProtocolRawStream(message, options);
  }
}

const database = new OwnedDatabase({ dataDir: databaseDir, extensions: { vector, pg_trgm, btree_gin } });
await database.waitReady;
const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: 4 });
await server.start();

parentPort?.on('message', () => {
  void server
    .stop()
    .then(() => database.close())
    .then(() => say({ kind: 'closed' }));
});
say({ kind: 'ready' });
