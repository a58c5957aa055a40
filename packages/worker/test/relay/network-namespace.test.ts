import { once } from 'node:events';
import { constants, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { createServer as createTcpServer } from 'node:net';
import { createServer } from 'node:http';
import process from 'node:process';
import { afterEach, expect, it } from 'vitest';
import { openNamespace } from '../../src/adapters/container/shared/network-namespace.ts';
import type { ServeListener } from '../../src/ports/sandbox-engine.ts';
import { helpersInNetworks } from '../support/leftovers.ts';

const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
const enter = { program: 'unshare', args: [...user, '--net', '--'] };
const never = new AbortController().signal;

/** Serves like a node would, with a health check that answers as told, or not at all. */
function serving(health: string | undefined): ServeListener & { closed: number } {
  const serve = (listener: object) => {
    const server =
      health === undefined
        ? createTcpServer(() => {})
        : createServer((_request, response) => response.end(health));
    const sockets = new Set<{ destroy(): void }>();
    server.on('connection', (socket) => sockets.add(socket));
    server.listen(listener);
    return {
      close: async () => {
        served.closed += 1;
        const closed = once(server, 'close');
        server.close();
        for (const socket of sockets) socket.destroy();
        await closed;
      },
    };
  };
  const served = Object.assign(serve, { closed: 0 });
  return served;
}

/** Flags of the sockets of this process, as the kernel shows them. */
function listenerFlags(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      if (!readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')) return [];
      return /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

afterEach(async () => {
  expect(await helpersInNetworks()).toStrictEqual([]);
});

it('is another network, for as long as it is open', async () => {
  const serve = serving('ok');
  const namespace = await openNamespace(enter, serve, never);
  expect(await readlink(namespace.path)).toMatch(/^net:/);
  expect(await readlink(namespace.path)).not.toBe(await readlink('/proc/self/ns/net'));
  await namespace.close();
  await namespace.close();
  await expect(readlink(namespace.path)).rejects.toThrow('ENOENT');
});

it('hands out a listener that never blocks', async () => {
  const flags: string[] = [];
  const serve = serving('ok');
  const watched: ServeListener = (listener) => {
    flags.push(...listenerFlags());
    return serve(listener);
  };
  const namespace = await openNamespace(enter, watched, never);
  expect(flags.length).toBeGreaterThan(0);
  expect(flags.filter((flag) => (Number.parseInt(flag, 8) & constants.O_NONBLOCK) === 0)).toEqual(
    [],
  );
  await namespace.close();
});

it.each([
  ['the namespace cannot be made', { program: 'false', args: [] }, 'the helper ended'],
  ['the program is missing', { program: '/none', args: [] }, 'ENOENT'],
])('fails with a reason for the log when %s', async (_name, wrong, reason) => {
  const attempt = openNamespace(wrong, serving('ok'), never);
  await expect(attempt).rejects.toMatchObject({
    code: 'inference_unavailable',
    message: 'the sandbox cannot be given a way to the model',
    cause: { message: expect.stringContaining(reason) },
  });
});

it('fails when the helper would be in the network of the host', async () => {
  const mapped = { program: 'unshare', args: ['--user', '--map-root-user', '--'] };
  const inHost = process.getuid?.() === 0 ? { program: 'nice', args: [] } : mapped;
  await expect(openNamespace(inHost, serving('ok'), never)).rejects.toMatchObject({
    code: 'inference_unavailable',
  });
});

it('fails when the service behind it is not healthy', async () => {
  const serve = serving('ill');
  await expect(openNamespace(enter, serve, never)).rejects.toMatchObject({
    code: 'inference_unavailable',
    cause: { message: expect.stringContaining('health check') },
  });
  expect(serve.closed).toBe(1);
});

it('fails when the health check is not answered within 10 s', async () => {
  const serve = serving(undefined);
  const startedAt = Date.now();
  await expect(openNamespace(enter, serve, never)).rejects.toMatchObject({
    code: 'inference_unavailable',
  });
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(9900);
  expect(serve.closed).toBe(1);
});

it('ends with the reason of its signal', async () => {
  const stop = new AbortController();
  const serve = serving(undefined);
  const attempt = openNamespace(
    enter,
    (listener) => {
      stop.abort(new Error('stopped'));
      return serve(listener);
    },
    stop.signal,
  );
  await expect(attempt).rejects.toThrow('stopped');
  expect(serve.closed).toBe(1);
  await expect(openNamespace(enter, serve, stop.signal)).rejects.toThrow('stopped');
});
