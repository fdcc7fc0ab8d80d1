// @ts-check
/**
 * Loaded before everything else in an actor's process (`node --import`). Connections to a port that `CHAOS_PORTS`
 * names go to another, where a proxy of this process's own stands: whatever library connects, and whatever address a
 * Sentinel or a Cluster says it.
 */
import { Socket } from 'node:net';

/** @type {Readonly<Record<string, number>>} */
const PORTS = JSON.parse(process.env['CHAOS_PORTS'] ?? '{}');

/** @type {(this: Socket, ...args: any[]) => Socket} */
const connect = Reflect.get(Socket.prototype, 'connect');

/** @type {(this: Socket, ...args: any[]) => Socket} */
function connectThroughProxy(...args) {
  // `net.connect` hands its arguments on as one list, the options first.
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof options === 'object' && options !== null && PORTS[options.port] !== undefined) {
    options.port = PORTS[options.port];
  } else if (typeof options === 'number' && PORTS[options] !== undefined) {
    args[0] = PORTS[options];
  }
  return connect.apply(this, args);
}

Socket.prototype.connect = connectThroughProxy;
