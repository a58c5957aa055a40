import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canAskEngine } from '../src/image/engine-command.ts';
import { markerPath } from '../src/image/image-marker.ts';
import { lackOfClient } from '../src/inference/download.ts';
import { storedOllama } from '../src/inference/engine-storage.ts';
import { type Install, storeChoices } from '../src/install/install.ts';
import { cleanUp } from '../src/stack/tear-down.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

/** A daemon that holds one container of the install, and an image of a model service. */
async function daemonAt(path: string): Promise<{ asked: string[] } & AsyncDisposable> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`);
    const isList = request.url?.includes('/containers/json') === true;
    const body = isList ? [{ Id: 'c1', Names: ['/cynode-job-1'], Labels: {} }] : { Id: 'i1' };
    response.writeHead(request.method === 'DELETE' ? 204 : 200, {
      'content-type': 'application/json',
    });
    response.end(request.method === 'DELETE' ? undefined : JSON.stringify(body));
  }).listen(path);
  await once(server, 'listening');
  return {
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function dockerInstall(test: TestInstall): Promise<{ install: Install; socket: string }> {
  const socket = join(test.install.paths.home, 'd.sock');
  const engine = { runtime: 'docker', dockerHost: `unix://${socket}` } as const;
  return { install: await storeChoices(test.install, { engine }), socket };
}

describe('a Docker daemon, whether or not its client program is on this machine', () => {
  it('is asked once an image was put there, and not before', async () => {
    await using test = await testInstall();
    const { install, socket } = await dockerInstall(test);
    await using daemon = await daemonAt(socket);
    expect(canAskEngine(install)).toBe(false);
    await cleanUp(install, test.env);
    expect(daemon.asked).toEqual([]);
    for (const marker of ['abc\n', '']) {
      writeFileSync(markerPath(install), marker);
      expect([marker, canAskEngine(install)]).toEqual([marker, true]);
    }
    await cleanUp(install, test.env);
    expect(daemon.asked.join('\n')).toMatch(
      /containers\/json.*node.*=local.*DELETE.*cynode-job-1/s,
    );
    expect((await storedOllama({ install, env: test.env })).hasImage).toBe(true);
  });
});

describe('the download of a model service', () => {
  it('needs the program of the engine, and names the package it is in', () => {
    const lack = (runtime: 'podman' | 'docker', path: string | undefined): string | undefined =>
      lackOfClient({ engine: { runtime } }, () => path);
    expect(lack('docker', '/usr/bin/docker')).toBeUndefined();
    expect(lack('docker', undefined)).toMatch(/program docker.*apt-get install .*docker-cli/);
    expect(lack('podman', undefined)).toMatch(/program podman.*apt-get install .*podman/);
  });
});
