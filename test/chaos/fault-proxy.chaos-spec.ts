import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { FaultProxy } from './fault-proxy.mjs';

let received: string;
let server: Server;
let proxy: FaultProxy;
let client: Socket;

beforeEach(async () => {
  received = '';
  server = createServer((socket) => {
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = new FaultProxy((server.address() as AddressInfo).port);
  await proxy.listen();
  client = connect(proxy.port, '127.0.0.1');
  client.on('error', () => undefined);
});
afterEach(async () => {
  client.destroy();
  await proxy.close();
  const closed = once(server, 'close');
  server.close();
  await closed;
});

async function arrived(text: string): Promise<void> {
  while (!received.includes(text)) await new Promise((resolve) => setTimeout(resolve, 1));
}

it('delivers what it held when the fault is over, and loses it where connections break instead', async () => {
  client.write('first');
  await arrived('first');
  proxy.impose('late-requests');
  client.write('late');
  proxy.heal();
  await arrived('late');

  proxy.impose('late-invalidations');
  client.write('UNLINK');
  // Until the proxy holds it.
  await new Promise((resolve) => setTimeout(resolve, 100));
  proxy.impose('reset');
  proxy.heal();
  const other = connect(proxy.port, '127.0.0.1');
  other.write('last');
  await arrived('last');
  other.destroy();
  expect(received).toBe('firstlatelast');
});
