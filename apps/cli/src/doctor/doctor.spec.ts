import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '#config';
import { DataFolderLock } from '#database';
import { announceServer } from '../server/running-server.js';
import {
  checkDataFolder,
  checkNode,
  checkPort,
  checkRedis,
  exitCodeOf,
  misconfigured,
  ok,
  unavailable,
  warning,
} from './checks.js';

const servers: Server[] = [];

/** Something that listens on a port of its own. */
async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

describe('the doctor', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keepsake-doctor-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    for (const server of servers.splice(0)) server.close();
  });

  it('ends with what a script can distinguish', () => {
    expect(exitCodeOf([ok('a', ''), warning('b', '')])).toBe(0);
    expect(exitCodeOf([ok('a', ''), unavailable('b', '')])).toBe(69);
    expect(exitCodeOf([unavailable('a', ''), misconfigured('b', '')])).toBe(78);
  });

  it('knows which Node is too old', () => {
    for (const version of ['20.19.0', '20.20.2', '22.0.0', '100.1.0']) expect(checkNode(version).status).toBe('ok');
    for (const version of ['18.20.0', '20.18.3', '20.9.0'])
      expect(checkNode(version)).toMatchObject({ status: 'failed', detail: expect.stringContaining('install 20.19') });
  });

  describe('of the data folder', () => {
    it('reports that it will be made, and makes nothing', async () => {
      const finding = await checkDataFolder(join(folder, 'not', 'yet'));
      expect(finding).toMatchObject({ status: 'ok', detail: expect.stringContaining('will be made') });
      expect(readdirSync(folder)).toEqual([]);
    });

    it('reports that it is free', async () => {
      expect(await checkDataFolder(folder)).toMatchObject({ status: 'ok', detail: `${folder} is free.` });
    });

    it('reports that it is no folder', async () => {
      const file = join(folder, 'file');
      writeFileSync(file, '');
      expect(await checkDataFolder(file)).toMatchObject({ status: 'failed', cause: 'unavailable' });
    });

    it('data folder below a file: says which file is in the way', async () => {
      const file = join(folder, 'file');
      writeFileSync(file, '');
      expect(await checkDataFolder(join(file, 'a', 'b'))).toMatchObject({
        status: 'failed',
        cause: 'unavailable',
        detail: expect.stringContaining(`${file} is not a folder`),
      });
    });

    it('warns where others can enter it, with the command that ends that', async () => {
      const open = join(folder, 'open');
      mkdirSync(open);
      chmodSync(open, 0o755);
      expect(await checkDataFolder(open)).toMatchObject({
        status: 'warning',
        detail: expect.stringContaining(`chmod 700 ${open}`),
      });
    });

    it('reports who uses it, and where that listens', async () => {
      const lock = await DataFolderLock.acquire(folder, () => undefined);
      expect((await checkDataFolder(folder)).detail).toBe(`${folder} is in use by process ${process.pid}.`);
      announceServer(folder, 'http://127.0.0.1:3000');
      expect((await checkDataFolder(folder)).detail).toContain('the server at http://127.0.0.1:3000');
      lock.release();
      expect((await checkDataFolder(folder)).detail).toBe(`${folder} is free.`);
    });
  });

  describe('of the port', () => {
    const http = (port: number, host = '127.0.0.1') => loadConfig({ PORT: String(port), HOST: host }).http;

    it('reports whether it is free, taken, or taken by the running server itself', async () => {
      const { server, port } = await listen();
      expect(await checkPort(http(port), undefined)).toMatchObject({
        status: 'failed',
        detail: `Port ${port} is taken. Stop what listens there, or set PORT to another one.`,
      });
      expect(await checkPort(http(port), `http://127.0.0.1:${port}`)).toMatchObject({ status: 'ok' });
      server.close();
      await once(server, 'close');
      expect(await checkPort(http(port), undefined)).toMatchObject({ status: 'ok' });
      expect(await checkPort(http(0), undefined)).toMatchObject({ status: 'ok' });
    });

    it('reports that the host is not of this machine', async () => {
      expect(await checkPort(http(0, '192.0.2.1'), undefined)).toMatchObject({
        status: 'failed',
        detail: expect.stringContaining('Set HOST to an address of this machine'),
      });
    });
  });

  describe('of Redis', () => {
    const cache = (url: string | undefined) => loadConfig({ REDIS_URL: url }).cache;

    it('reports that there is none, and that this is fine', async () => {
      expect(await checkRedis(cache(undefined))).toMatchObject({ status: 'ok' });
    });
  });
});
