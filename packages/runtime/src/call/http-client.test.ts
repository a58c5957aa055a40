import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpClient } from './http-client.ts';

let server: Server;
let sockets: Socket[];
let client: HttpClient;

async function listen(port: number): Promise<void> {
  server = createServer((request, response) => {
    request.resume().on('end', () => response.end('hello'));
  });
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

beforeEach(async () => {
  sockets = [];
  client = new HttpClient();
  await listen(0);
});

afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

function post(origin: URL): Promise<number> {
  const { signal } = new AbortController();
  const headers = { 'content-length': '2' };
  const body = Buffer.from('{}');
  return client
    .open({ method: 'POST', origin, path: '/', headers, body, signal })
    .then(async (response) => {
      for await (const chunk of response.body) expect(chunk.length).toBeGreaterThan(0);
      return response.status;
    });
}

describe('a kept connection that its peer has closed', () => {
  const endings: readonly [string, (socket: Socket) => void][] = [
    ['in order', (socket) => socket.end()],
    ['at once', (socket) => socket.destroy()],
    ['with a reset', (socket) => socket.resetAndDestroy()],
  ];

  it.each(endings)('%s is not used, and the call reaches the peer', async (_how, close) => {
    const origin = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await post(origin);
    const [kept] = sockets;
    close(kept as Socket);
    await once(kept as Socket, 'close');
    expect(await post(origin)).toBe(200);
    expect(sockets).toHaveLength(2);
  });

  it('because it ended tells that nothing was sent', async () => {
    const origin = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await post(origin);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    await expect(post(origin)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
