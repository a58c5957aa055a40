import { once } from 'node:events';
import { connect } from 'node:net';
import { waitFor } from '@cynodeai/testing';
import { expect, it } from 'vitest';
import { createHttpServer } from '../../src/http/index.ts';
import { silentLog } from '../../src/observe/index.ts';

it('whose client has gone is still known by its address', async () => {
  const server = await createHttpServer({ log: silentLog });
  const told: unknown[] = [];
  server.app.addHook('onRequest', async (request, reply) => {
    const closed = once(reply.raw, 'close');
    request.raw.socket.destroy();
    await closed;
    told.push(request.ip);
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await waitFor(() => told.length > 0);
  expect(told).toEqual(['127.0.0.1']);
  await server.close();
});
