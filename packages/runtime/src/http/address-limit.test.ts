import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type LogFields, silentLog } from '../observe/index.ts';
import { bindHealthRoutes } from './health.ts';
import { type HttpServer, createHttpServer } from './server.ts';

const limit = 3;
let server: HttpServer;
let port: number;
let lines: LogFields[];
const sockets: Socket[] = [];

async function start(trustedProxies: readonly string[]): Promise<void> {
  lines = [];
  const log = { ...silentLog, warn: (_message: string, fields = {}) => void lines.push(fields) };
  server = await createHttpServer({ log, maxConnectionsPerAddress: limit, trustedProxies });
  bindHealthRoutes(server, async () => []);
  port = await server.listen({ host: '127.0.0.1', port: 0 });
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

/** Whether a new connection of the address gets an answer; it stays open when it does. */
async function isServed(localAddress = '127.0.0.1'): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  socket.on('error', () => {});
  socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const served = once(socket, 'data').then(() => true);
  return Promise.race([served, once(socket, 'close').then(() => false)]).catch(() => false);
}

async function served(count: number, localAddress?: string): Promise<boolean[]> {
  const answers: boolean[] = [];
  for (let i = 0; i < count; i += 1) answers.push(await isServed(localAddress));
  return answers;
}

describe('connections of one address', () => {
  it('are closed beyond the limit, told of once, and let in again when one has gone', async () => {
    await start([]);
    expect(await served(limit + 2)).toEqual([true, true, true, false, false]);
    expect(await isServed('127.0.0.2')).toBe(true);
    expect(lines).toEqual([{ limit, refused: 1, last: '127.0.0.1' }]);
    sockets[0]?.destroy();
    await expect.poll(() => isServed()).toBe(true);
  });

  it('are not counted behind a trusted proxy', async () => {
    await start(['127.0.0.8/29', '::1']);
    expect(await served(limit + 2, '127.0.0.9')).not.toContain(false);
    expect(await served(limit + 1)).toEqual([true, true, true, false]);
  });
});
