import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@cynodeai/runtime/observe';
import { temporaryDirectory } from '@cynodeai/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runContainer } from '../../src/app/jobs/run-container.ts';
import { containerRuns } from '../../src/adapters/container/shared/container-runs.ts';
import { Keepers } from '../../src/adapters/container/shared/keeper/keepers.ts';
import { Daemon } from '../../src/adapters/container/docker/daemon.ts';
import { DockerContainer } from '../../src/adapters/container/docker/docker-container.ts';
import { openDockerEngine } from '../../src/adapters/container/docker/docker-engine.ts';
import { importImage } from '../../src/adapters/container/docker/images.ts';
import { inspectDaemon } from '../../src/adapters/container/docker/open-engine.ts';
import type { SandboxRunSpec } from '../../src/ports/sandbox-engine.ts';
import { openDockerTestEngine, testCeiling } from '../support/test-engine.ts';
import { testImage, testImageArchive } from '../support/test-image.ts';

const sink = { write: () => {} };
const sinks = { stdout: sink, stderr: sink };

function spec(name: string, image = testImage): SandboxRunSpec {
  return {
    name,
    image,
    command: ['true'],
    env: {},
    labels: { 'io.cynodeai.kind': 'sandbox' },
    mounts: [],
    workdir: '/',
    timeoutSeconds: 20,
  };
}

describe('a Docker daemon that is not as it should be', () => {
  let base: string;
  let server: Server;
  let answer: { readonly status: number; readonly body: unknown };

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'cyf-'));
    server = createServer((_request, response) => {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
    server.listen(join(base, 'sock'));
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(base, { recursive: true });
  });

  const info = (...options: string[]) => ({
    status: 200,
    body: {
      ServerVersion: '27.0',
      Driver: 'overlay2',
      DefaultRuntime: 'runc',
      SecurityOptions: options,
    },
  });

  it('is refused with the fix when it remaps users', async () => {
    answer = info('name=seccomp,profile=default', 'name=userns');
    await expect(inspectDaemon(new Daemon(join(base, 'sock')), true)).rejects.toMatchObject({
      code: 'engine_unusable',
      message: expect.stringContaining('userns-remap'),
    });
  });

  it('is refused with the fix when it filters no system call (REQ-WORKER-0251)', async () => {
    answer = info('name=apparmor', 'name=cgroupns');
    await expect(inspectDaemon(new Daemon(join(base, 'sock')), true)).rejects.toMatchObject({
      code: 'engine_unusable',
      message: expect.stringMatching(/no seccomp.*CONFIG_SECCOMP_FILTER/),
    });
  });

  it('is taken as it is when it is rootless', async () => {
    answer = info('name=seccomp,profile=default', 'name=rootless', 'name=selinux');
    const { facts, profile } = await inspectDaemon(new Daemon(join(base, 'sock')), false);
    expect(facts).toMatchObject({ runtime: 'docker', rootless: true, rootlessSupported: true });
    expect(facts.features).toEqual(['overlay2', 'runc', 'init', 'seccomp']);
    expect(profile).toMatchObject({ rootless: true, relabel: true, privateCgroups: false });
  });

  it('gives its own reason when it refuses to say what it is', async () => {
    answer = { status: 500, body: { message: 'out of order' } };
    await expect(inspectDaemon(new Daemon(join(base, 'sock')), true)).rejects.toThrow(
      'out of order',
    );
  });

  it('is named with the fix when it does not answer', async () => {
    const source = {
      stateDir: join(base, 'state'),
      runDir: join(base, 'run'),
      dockerHost: `unix://${base}/none`,
      ceiling: testCeiling,
    };
    await expect(openDockerEngine(source, silentLog)).rejects.toMatchObject({
      code: 'engine_unusable',
      message: `the Docker daemon at ${base}/none does not answer; start it, or set DOCKER_HOST`,
    });
  });

  it('is not asked when the state folder cannot be bound', async () => {
    const source = {
      stateDir: join(base, 'a:b'),
      runDir: join(base, 'run'),
      dockerHost: `unix://${base}/none`,
      ceiling: testCeiling,
    };
    await expect(openDockerEngine(source, silentLog)).rejects.toThrow('holds a colon');
  });

  it.each([
    ['mkdir /x: invalid argument', 'the sandbox could not be created'],
    // Nothing of the job ran and it may be sent again: a fault of the node.
    ['no space left on device', 'no space left on device'],
  ])('that creates nothing says why: %s', async (words, reason) => {
    answer = info('name=seccomp');
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      if (request.url === '/info') {
        response.end(JSON.stringify(info('name=seccomp').body));
        return;
      }
      if (request.url?.startsWith('/images/') === true) {
        response.end('{}');
        return;
      }
      response.writeHead(request.method === 'DELETE' ? 404 : 500);
      response.end(JSON.stringify({ message: words }));
    });
    const source = {
      stateDir: join(base, 'state'),
      runDir: join(base, 'run'),
      dockerHost: `unix://${base}/sock`,
      ceiling: testCeiling,
    };
    await expect(openDockerEngine(source, silentLog)).rejects.toThrow(`runs no sandbox: ${reason}`);
  });
});

/** A daemon that does all of a run but start it, which is left to `start`; says which calls it got. */
async function startingDaemon(start: (response: ServerResponse) => void) {
  const dir = await temporaryDirectory();
  const calls: string[] = [];
  const attached = Promise.withResolvers<Duplex>();
  const waiting = Promise.withResolvers<ServerResponse>();
  const server = createServer((request, response) => {
    const [path = ''] = request.url?.split('?') ?? [];
    calls.push(`${request.method} ${path.split('/').at(-1)}`);
    if (path.endsWith('/start')) start(response);
    else if (path.endsWith('/wait')) {
      response.writeHead(200).write(' ');
      waiting.resolve(response);
    } else response.writeHead(path.endsWith('/create') ? 201 : 204).end();
  });
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    attached.resolve(socket);
  });
  const path = join(dir.path, 'sock');
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await dir[Symbol.asyncDispose]();
  });
  /** Ends the container with a code, once it has written to standard error. */
  const end = async (code: number, words: string): Promise<void> => {
    const header = Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(Buffer.byteLength(words), 4);
    (await attached.promise).end(Buffer.concat([header, Buffer.from(words)]));
    (await waiting.promise).end(JSON.stringify({ StatusCode: code }));
  };
  const keptDir = join(dir.path, 'kept');
  await mkdir(keptDir);
  return { daemon: new Daemon(path), keepers: new Keepers(keptDir), calls, end };
}

const profile = { version: '20.10', rootless: false, privateCgroups: true, relabel: false };

describe('a start that a Docker daemon never answered', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ['nothing', (response) => response.socket?.destroy()],
    ['half of the head', (response) => response.socket?.end('HTTP/1.1 204 No')],
    [
      'half of a refusal',
      (response) => {
        response.writeHead(500, { 'content-length': 100 }).write('{"mess');
        setImmediate(() => response.socket?.destroy());
      },
    ],
    ['nonsense', (response) => response.socket?.end('hello\r\n\r\n')],
  ])('is never tried again, because the job may run: %s', async (_what, cut) => {
    const { daemon, keepers, calls } = await startingDaemon(cut);
    const deps = { daemon, keepers, profile, hostFiles: [], log: silentLog };
    const engine = containerRuns({
      containerOf: (wanted) => new DockerContainer(deps, wanted),
      adoptedOf: async () => undefined,
      forgetImage: () => {},
      log: silentLog,
    });
    const timer = { sleep: async () => {}, elapsedMs: () => 0, random: () => 0 };
    const clock = { now: () => new Date() };
    const { signal } = new AbortController();
    const run = runContainer({ engine, clock, timer, log: silentLog }, spec('c1'), signal);
    await expect(run).rejects.toMatchObject({ code: 'internal' });
    expect(calls.filter((call) => call === 'POST start')).toHaveLength(1);
    expect(calls.at(-1)).toBe('DELETE c1');
    daemon.close();
  });
});

describe('words as of an init process that could not start the command', () => {
  const said = (why: string): string => `[FATAL tini (7)] exec x failed: ${why}\n`;

  async function endOf(code: number, words: string, ageMs: number) {
    const { daemon, keepers, end } = await startingDaemon((response) =>
      response.writeHead(204).end(),
    );
    const deps = { daemon, keepers, profile, hostFiles: [], log: silentLog };
    const started = (): void => {
      const now = performance.now() + ageMs;
      const clock = vi.spyOn(performance, 'now').mockReturnValue(now);
      onTestFinished(() => clock.mockRestore());
      void end(code, words);
    };
    const container = new DockerContainer(deps, spec('c1'));
    const ended = await container.run(sinks, { started, wanted: () => true });
    daemon.close();
    return ended;
  }

  const cases = [
    [126, 'No space left on device'],
    [126, 'Permission denied'],
    [127, 'No such file or directory'],
  ] as const;

  it.each(cases)(
    'are its own within 10 s, and never those of a full disk: %i %s',
    async (code, why) => {
      for (const ageMs of [0, 9000]) {
        const ended = await endOf(code, said(why), ageMs);
        expect(ended).toMatchObject({ kind: 'not_started', exitCode: code });
      }
    },
  );

  it.each(cases)("are the job's after that: %i %s", async (code, why) => {
    expect(await endOf(code, said(why), 10_002)).toEqual({ kind: 'exited', exitCode: code });
  });
});

describe('a private Docker daemon', () => {
  it('tells a missing image from a command that fails, and takes both back', async () => {
    const test = await openDockerTestEngine();
    try {
      const { engine } = test;
      await engine.check();
      await engine.ensureImage(testImage);
      const daemon = new Daemon(join(test.runDir, 'docker.sock'));
      await daemon.call('DELETE', `/images/${testImage}?force=1`);
      await engine.ensureImage(testImage);
      expect(await engine.run(spec('gone-1'), sinks)).toMatchObject({
        kind: 'not_started',
        exitCode: 125,
        reason: 'the image is not present on this node',
      });
      await expect(engine.ensureImage(testImage)).rejects.toMatchObject({
        code: 'image_unavailable',
      });
      await expect(engine.ensureImage('127.0.0.1:1/x/y:latest')).rejects.toMatchObject({
        code: 'image_unavailable',
        message: expect.stringContaining('could not be pulled'),
      });
      await expect(importImage(daemon, Buffer.from('no tar'), 'localhost/bad:1')).rejects.toThrow(
        'could not be imported',
      );
      await importImage(daemon, await testImageArchive(), testImage, ['ENV A=b']);
      await engine.ensureImage(testImage);
      expect(await engine.run(spec('back-1'), sinks)).toMatchObject({
        kind: 'exited',
        exitCode: 0,
      });
      for (const name of ['gone-1', 'back-1']) engine.forget(name);
      const aborted = AbortSignal.abort();
      expect(await engine.run(spec('never-1'), sinks, aborted)).toMatchObject({
        kind: 'stopped',
        exitCode: undefined,
      });
      await engine.stop('unknown', 1);
      await expect(engine.run({ ...spec('x') }, sinks)).resolves.toMatchObject({
        kind: 'not_started',
        exitCode: 125,
      });
      daemon.close();
    } finally {
      await test.close();
    }
  }, 60_000);
});
