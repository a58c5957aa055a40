import { defineRoute } from '@cynodeai/contracts/common';
import { AnsweringServer, json, waitFor } from '@cynodeai/testing/harness';
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../config/secret.ts';
import { serviceProof } from '../crypto/service-proof.ts';
import { type HttpServer, anyone, bindRoute, createHttpServer } from '../http/index.ts';
import { bindProofRoute, isLoopback } from '../http/proof.ts';
import { silentLog } from '../observe/log.ts';
import { HttpClient, callRoute } from './index.ts';
import { z } from 'zod';

const key = new Secret('k'.repeat(43));
const otherKey = new Secret('o'.repeat(43));
const password = 'canary-password-5d1c';

const secretRoute = defineRoute({
  operation: 'test.secret',
  method: 'POST',
  path: '/secret',
  auth: 'none',
  summary: 'Takes a secret',
  body: z.object({ password: z.string() }),
  bodyLimitBytes: 1024,
  success: { 200: { kind: 'json', schema: z.object({ got: z.string() }) } },
  errors: [],
});

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function clientOf(connectTimeoutMs = 5000): HttpClient {
  const client = new HttpClient({ proofKey: key, connectTimeoutMs });
  open.push(client);
  return client;
}

const tell = (port: number, client = clientOf()) =>
  callRoute(
    secretRoute,
    { body: { password } },
    { client, baseUrl: `http://127.0.0.1:${port}`, timeoutMs: 10_000 },
  );

async function serverWith(
  proofKey: Secret | undefined,
  asked: string[] = [],
): Promise<[HttpServer, number]> {
  const server = await createHttpServer({ log: silentLog });
  server.app.addHook('onRequest', async (request) => void asked.push(request.url));
  bindProofRoute(server, proofKey);
  bindRoute(server, secretRoute, {
    guard: anyone,
    handle: ({ body }) => ({ status: 200, body: { got: body.password } }),
  });
  open.push(server);
  return [server, await server.listen({ host: '127.0.0.1', port: 0 })];
}

/** A stranger on a port; it keeps every byte that reaches it. */
async function stranger(
  behave: (socket: Socket, heard: string) => void,
): Promise<{ readonly port: number; readonly heard: () => string; readonly server: Server }> {
  let heard = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on('error', () => {})
      .on('data', (bytes) => {
        heard += bytes.toString('latin1');
        behave(socket, heard);
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  return { port: (server.address() as AddressInfo).port, heard: () => heard, server };
}

const portOf = (socket: Socket): number => socket.localPort ?? 0;
const nonceIn = (heard: string): string => /nonce=([\w-]+)/.exec(heard)?.[1] ?? '';
const answer = (body: string, status = '200 OK', length = body.length): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`;
const proofBy = (by: Secret, port: number, heard: string): string =>
  JSON.stringify({ proof: serviceProof(by, { port, nonce: nonceIn(heard) }) });

const strangers: Readonly<Record<string, (socket: Socket, heard: string) => void>> = {
  'answers that all is well': (socket) => socket.write(answer('ok')),
  'knows no such path': (socket) => socket.write(answer('{}', '404 Not Found')),
  'answers with a proof by another key': (socket, heard) =>
    socket.write(answer(proofBy(otherKey, portOf(socket), heard))),
  'answers with a proof for another port': (socket, heard) =>
    socket.write(answer(proofBy(key, portOf(socket) + 1, heard))),
  'answers with the proof of another nonce': (socket) =>
    socket.write(answer(proofBy(key, portOf(socket), `nonce=${'a'.repeat(43)}`))),
  'repeats the question': (socket, heard) =>
    socket.write(answer(JSON.stringify({ proof: nonceIn(heard) }))),
  'answers with an empty proof': (socket) => socket.write(answer('{"proof":""}')),
  'answers with a proof that is no text': (socket) => socket.write(answer('{"proof":{}}')),
  'answers with a list': (socket) => socket.write(answer('[]')),
  'answers without a length': (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n{}'),
  'answers with a length below zero': (socket) => socket.write(answer('{}', '200 OK', -2)),
  'says more than it told': (socket, heard) =>
    socket.write(answer(`${proofBy(key, portOf(socket), heard)} and more`, '200 OK', 5)),
  'sends heads without end': (socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(`x: ${'y'.repeat(1000)}\r\n`));
    };
    socket.on('drain', more);
    more();
  },
  'hangs up': (socket) => socket.destroy(),
  'hangs up in the middle': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
  'is no web server': (socket) => socket.write('-ERR unknown command\r\n'),
};

describe('a client that demands a proof', () => {
  it('tells its secret to a server that holds the key, and asks once a connection', async () => {
    const questions: string[] = [];
    const [, port] = await serverWith(key, questions);
    const client = clientOf();
    expect(await tell(port, client)).toMatchObject({ status: 200, body: { got: password } });
    expect(await tell(port, client)).toMatchObject({ status: 200 });
    expect(questions.map((url) => url.split('?')[0])).toEqual(['/proof', '/secret', '/secret']);
    const several = await Promise.all(Array.from({ length: 8 }, () => tell(port, client)));
    expect(several.map(({ body }) => body.got)).toEqual(Array.from({ length: 8 }, () => password));
  });

  it.each(Object.entries(strangers))(
    'tells nothing to a stranger who %s',
    async (_what, behave) => {
      const { port, heard } = await stranger(behave);
      await expect(tell(port)).rejects.toMatchObject({ code: 'unreachable', neverSent: true });
      expect(heard()).toMatch(
        /^GET \/proof\?nonce=[\w-]{43} HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nconnection: keep-alive\r\n\r\n$/,
      );
    },
  );

  it('tells nothing to a stranger who says nothing, and gives up in time', async () => {
    const { port, heard } = await stranger(() => {});
    await expect(tell(port, clientOf(200))).rejects.toMatchObject({ code: 'unreachable' });
    expect(heard()).not.toContain(password);
  });

  it('tells nothing to a stranger who passes everything on to the right server', async () => {
    const [, right] = await serverWith(key);
    const { port, server, heard } = await stranger(() => {});
    server.on('connection', (socket: Socket) => {
      const upstream = connect(right, '127.0.0.1');
      upstream.on('error', () => {});
      socket.pipe(upstream).pipe(socket);
    });
    await expect(tell(port)).rejects.toMatchObject({ faultCode: 'ERR_NOT_PROVEN' });
    expect(heard()).not.toContain(password);
  });

  it('is not misled when a stranger takes the port between two connections', async () => {
    const [server, port] = await serverWith(key);
    const client = clientOf();
    await tell(port, client);
    await server.close();
    await using late = await AnsweringServer.start(json(200, { got: 'x' }), port);
    await expect(tell(port, client)).rejects.toMatchObject({ faultCode: 'ERR_NOT_PROVEN' });
    expect(late.requests.map(({ url }) => url?.split('?')[0])).toEqual(['/proof']);
  });

  it('leaves nothing open when it is closed in the middle', async () => {
    const { port, server, heard } = await stranger(() => {});
    const client = clientOf();
    const call = tell(port, client);
    const failed = expect(call).rejects.toMatchObject({ code: 'unreachable' });
    await waitFor(() => heard() !== '', { what: 'the question has arrived' });
    await client.close();
    await failed;
    const count = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_error, open) => resolve(open)));
    await waitFor(async () => (await count()) === 0, { what: 'no connection is left' });
  });
});

describe('a server that can prove whose it is', () => {
  it('refuses a nonce that is none, and knows no such path without a key', async () => {
    const client = new HttpClient();
    open.push(client);
    const ask = async (port: number, query: string): Promise<number> => {
      const response = await client.open({
        method: 'GET',
        origin: new URL(`http://127.0.0.1:${port}`),
        path: `/proof${query}`,
        headers: {},
        signal: AbortSignal.timeout(10_000),
      });
      response.discard();
      return response.status;
    };
    const [, port] = await serverWith(key);
    for (const query of ['', '?nonce=', '?nonce=short', `?nonce=${'x'.repeat(4000)}`]) {
      expect(await ask(port, query), query).toBe(400);
    }
    const [, mute] = await serverWith(undefined);
    expect(await ask(mute, `?nonce=${'a'.repeat(43)}`)).toBe(404);
  });

  it('answers callers of its own machine only', () => {
    const own = ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'];
    const others = ['10.0.0.1', '192.168.1.7', '8.8.8.8', 'fe80::1', '::ffff:10.0.0.1', '', 'x'];
    expect(own.filter((address) => !isLoopback(address))).toEqual([]);
    expect(others.filter((address) => isLoopback(address))).toEqual([]);
  });
});
