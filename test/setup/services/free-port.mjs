// @ts-check
import { createServer } from 'node:net';

/**
 * Below the range from which systems take the ports of outgoing connections, so that a server that is stopped and
 * started again still finds its port free.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** @type {Set<number>} */
const reserved = new Set();

/**
 * A port of 127.0.0.1 on which nothing listens, and which this process never hands out again. Another process may
 * still take it first: who starts a server on it tries again with another.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (reserved.has(port)) continue;
    reserved.add(port);
    if (await isFree(port)) return port;
  }
}

/**
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  return Promise.all(Array.from({ length: count }, () => freePort()));
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
