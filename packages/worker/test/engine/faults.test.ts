import { Child, waitFor } from '@cynodeai/testing/harness';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holderFile, takeLock } from '@cynodeai/runtime/files';
import { silentLog } from '@cynodeai/runtime/observe';
import type { EngineCommand } from '../../src/adapters/container/podman/client.ts';
import {
  dropPidFiles,
  endClients,
  forceRemove,
} from '../../src/adapters/container/podman/containers.ts';
import { hasImage, pullImage } from '../../src/adapters/container/podman/images.ts';
import { withEngineLock } from '../../src/adapters/container/podman/lock.ts';
import { enginePaths } from '../../src/adapters/container/podman/paths.ts';
import { Keepers } from '../../src/adapters/container/shared/keeper/keepers.ts';
import { PidWatch } from '../../src/adapters/container/podman/pid-watch.ts';
import { PodmanContainer } from '../../src/adapters/container/podman/podman-container.ts';
import type { EngineProfile } from '../../src/adapters/container/podman/profile.ts';
import { ContainerRun } from '../../src/adapters/container/shared/container-run.ts';
import { ImageCache } from '../../src/adapters/container/shared/images.ts';
import type { SandboxRunSpec } from '../../src/ports/sandbox-engine.ts';
import { processesNaming } from '../support/leftovers.ts';

const profile: EngineProfile = {
  version: '0',
  rootless: false,
  rootlessSupported: false,
  cgroupVersion: 'v2',
  runtime: 'runc',
  cgroupManager: 'cgroupfs',
  storage: 'overlay',
  ignoreChownErrors: false,
  privateCgroups: false,
  init: false,
  relabel: false,
  ulimits: [],
};

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'cynode-faults-'));
});

afterEach(async () => {
  expect(await processesNaming(base)).toStrictEqual([]);
  await rm(base, { recursive: true });
});

/** An engine that is a shell script: the faults of a real one cannot be had on demand. */
async function scripted(script: string): Promise<EngineCommand> {
  const program = join(base, 'engine');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return { program, flags: [], env: { PATH: '/usr/bin:/bin', BASE: base } };
}

async function start(script: string): Promise<ContainerRun> {
  const command = await scripted(script);
  const paths = enginePaths(base, join(base, 'run', 'boot'));
  for (const dir of [paths.pidDir, paths.keptDir]) await mkdir(dir, { recursive: true });
  const spec: SandboxRunSpec = {
    name: 'c1',
    image: 'i',
    command: ['true'],
    env: {},
    labels: {},
    mounts: [],
    workdir: '/',
    timeoutSeconds: 60,
  };
  const sink = { write: () => {} };
  const pidWatch = new PidWatch(paths.pidDir);
  const keepers = new Keepers(paths.keptDir);
  const container = new PodmanContainer({ command, paths, profile, pidWatch, keepers }, spec);
  return new ContainerRun({ container, spec, log: silentLog }, { stdout: sink, stderr: sink });
}

describe('a removal by force', () => {
  const counted = 'echo x >> $BASE/calls; n=$(wc -l < $BASE/calls);';
  const calls = async (): Promise<number> =>
    (await readFile(join(base, 'calls'), 'utf8')).trim().split('\n').length;

  it('that only finds the monitor dead is made again', async () => {
    const dead = 'conmon exited prematurely, exit code could not be retrieved';
    const command = await scripted(
      `${counted} if [ $n = 1 ]; then echo "Error: cannot remove container: ${dead}" >&2; exit 125; fi`,
    );
    await forceRemove(command, 'c1');
    expect(await calls()).toBe(2);
  });

  it('that fails again is a fault, with the words of the engine', async () => {
    const command = await scripted(`${counted} echo "Error: it resists $n" >&2; exit 125`);
    await expect(forceRemove(command, 'c1')).rejects.toThrow('it resists 2');
  });
});

/** Behaves like a client whose container runs, and notices nothing when that is killed; other calls know nothing. */
const deaf = `if [ "$1" = rm ]; then echo "$@" >> $BASE/removed; exit $RM; fi
[ "$1" = run ] || exit 0
sh -c 'echo $$ > $BASE/run/boot/pids/c1; exec sleep 1000' &
touch $BASE/up; trap '' TERM; while :; do sleep 1; done`;

async function untilUp(): Promise<void> {
  await waitFor(() => readFile(join(base, 'up')).catch(() => undefined), {
    what: 'the script runs',
  });
  await waitFor(
    () =>
      readFile(join(base, 'run', 'boot', 'pids', 'c1'), 'utf8').then(
        (text) => (text === '' ? undefined : text),
        () => undefined,
      ),
    { what: 'the script tells its process' },
  );
}

describe('an engine that misbehaves', () => {
  it('is ended with its whole group when it does not notice that the container died', async () => {
    const run = await start(deaf.replace('$RM', '0'));
    await untilUp();
    run.end('stopped', 0);
    expect(await run.done).toMatchObject({ kind: 'stopped' });
    expect(await readFile(join(base, 'removed'), 'utf8')).toContain('c1');
  }, 20_000);

  it('that cannot remove a container makes the run fail with that', async () => {
    const run = await start(deaf.replace('$RM', '1'));
    await untilUp();
    run.end('stopped', 0);
    await expect(run.done).rejects.toMatchObject({ code: 'container_resists' });
    await waitFor(async () => (await processesNaming(base)).length === 0, {
      what: 'the client is gone',
    });
  }, 20_000);

  it('that dies is a fault of the node, not of the job', async () => {
    const run = await start('[ "$1" = rm ] && exit 0; kill -9 $$');
    await expect(run.done).rejects.toMatchObject({ code: 'internal' });
    const other = await start('[ "$1" = rm ] && exit 1; exit 3');
    await expect(other.done).rejects.toMatchObject({ code: 'container_resists' });
  });

  it('that cannot be started is a fault of the node', async () => {
    const run = await start('');
    await expect(run.done).rejects.toMatchObject({ code: 'internal' });
    await rm(join(base, 'engine'));
    const paths = enginePaths(base, join(base, 'run', 'boot'));
    const command = { program: join(base, 'engine'), flags: [], env: {} };
    const sink = { write: () => {} };
    const spec = {
      name: 'c2',
      image: 'i',
      command: ['true'],
      env: {},
      labels: {},
      mounts: [],
      workdir: '/',
      timeoutSeconds: 1,
    };
    const pidWatch = new PidWatch(paths.pidDir);
    const keepers = new Keepers(paths.keptDir);
    const container = new PodmanContainer({ command, paths, profile, pidWatch, keepers }, spec);
    const gone = new ContainerRun(
      { container, spec, log: silentLog },
      { stdout: sink, stderr: sink },
    );
    await expect(gone.done).rejects.toMatchObject({ code: 'internal' });
  });

  it('that says it created nothing gives a reason without its words', async () => {
    const run = await start('[ "$1" = rm ] && exit 0; echo "Error: /secret/path" >&2; exit 125');
    expect(await run.done).toMatchObject({
      kind: 'not_started',
      exitCode: 125,
      reason: 'the sandbox could not be created',
    });
  });
});

describe('a full disk, by the words of', () => {
  const begun = 'echo $$ > $BASE/run/boot/pids/c1;';

  it.each(['no space left on device', 'disk quota exceeded'])(
    'an engine that began nothing is the reason to send the job again: %s',
    async (words) => {
      const run = await start(`[ "$1" = run ] || exit 0; echo 'Error: ${words}' >&2; exit 125`);
      await expect(run.done).rejects.toMatchObject({ code: 'not_run' });
    },
  );

  it.each(['No space left on device', 'Disk quota exceeded'])(
    'the init process of a container that had begun is not, because a job can say so too: %s',
    async (words) => {
      const said = `ERROR (catatonit:6): failed to exec pid1: ${words}`;
      const run = await start(`[ "$1" = run ] || exit 0; ${begun} echo '${said}' >&2; exit 1`);
      expect(await run.done).toMatchObject({ kind: 'not_started', exitCode: 126 });
    },
  );
});

/** Images of a scripted engine. */
async function scriptedImages(script: string): Promise<ImageCache> {
  const command = await scripted(script);
  return new ImageCache({
    has: (ref) => hasImage(command, ref),
    pull: (ref, signal) => pullImage(command, ref, signal),
  });
}

describe('images', () => {
  it('are asked for once, and again after a run missed one', async () => {
    const images = await scriptedImages('echo "$@" >> $BASE/asked');
    await images.ensure('a.example/x:1');
    await images.ensure('a.example/x:1');
    images.forget('a.example/x:1');
    await images.ensure('a.example/x:1');
    expect(await readFile(join(base, 'asked'), 'utf8')).toBe(
      'image exists a.example/x:1\nimage exists a.example/x:1\n',
    );
  });

  it('are not taken for missing when the engine cannot look', async () => {
    const images = await scriptedImages('echo "Error: database is locked" >&2; exit 125');
    await expect(images.ensure('a.example/x:1')).rejects.toMatchObject({
      code: 'not_run',
      message: 'the engine cannot look for images: database is locked',
    });
  });

  it('that are missing are pulled, and a failed pull says why', async () => {
    const pulled = await scriptedImages('[ "$1" = image ] && exit 1; echo "$@" >> $BASE/asked');
    await pulled.ensure('a.example/x:1');
    expect(await readFile(join(base, 'asked'), 'utf8')).toBe('pull --quiet a.example/x:1\n');
    const denied = await scriptedImages(
      '[ "$1" = image ] && exit 1; echo "Error: unauthorized" >&2; exit 125',
    );
    await expect(denied.ensure('a.example/x:1')).rejects.toMatchObject({
      code: 'image_unavailable',
      message: 'image a.example/x:1 could not be pulled: unauthorized',
    });
    await expect(denied.ensure('localhost/x:1')).rejects.toMatchObject({
      code: 'image_unavailable',
    });
  });
});

describe('what killed processes leave', () => {
  it('clients that may still create a sandbox are ended, those of others are not', async () => {
    const podman = join(base, 'podman');
    const clients = ['node-a', 'node-b'].map((slug) => {
      const args = [`--root=${base}/storage`, 'run', `--label=io.cynodeai.node_slug=${slug}`];
      // The name it was started by is the first word of its command line, whatever it executes.
      return new Child('/bin/sh', ['-c', 'while :; do sleep 1; done', ...args], {
        argv0: podman,
        detached: true,
      });
    });
    const [ours, foreign] = clients;
    if (ours === undefined || foreign === undefined) throw new Error('two were started');
    await endClients(`--root=${base}/storage`, 'node-a');
    expect(await ours.exit).toStrictEqual({ code: null, signal: 'SIGKILL' });
    expect(foreign.running).toBe(true);
    await endClients(`--root=${base}/storage`, 'node-b');
    await foreign.exit;
  });

  it('process id files go when neither process nor container is there', async () => {
    const dir = join(base, 'pids');
    await mkdir(dir);
    const command = await scripted('echo c-known');
    await dropPidFiles(command, dir, () => false);
    for (const [name, pid] of [
      ['c-known', '999999999'],
      ['c-alive', String(process.pid)],
      ['c-gone', '999999999'],
    ] as const) {
      await writeFile(join(dir, name), pid);
    }
    await dropPidFiles(command, dir, () => false);
    await expect(readFile(join(dir, 'c-gone'))).rejects.toThrow('ENOENT');
    await readFile(join(dir, 'c-known'));
    await readFile(join(dir, 'c-alive'));
  });

  it('a lock is taken over when its owner is gone, and waited for while it is not', async () => {
    const path = join(base, 'engine.lock');
    // The lock of a process that is gone: its file, and the note of who had it.
    await (await takeLock(path)).release();
    await writeFile(holderFile(path), '999999999');
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = withEngineLock(path, async () => {
      order.push('first');
      await gate.promise;
      order.push('first done');
    });
    await waitFor(() => order.length > 0, { what: 'the first has it' });
    const second = withEngineLock(path, async () => {
      order.push('second');
    });
    gate.resolve();
    await Promise.all([first, second]);
    expect(order).toStrictEqual(['first', 'first done', 'second']);
    await rm(holderFile(path));
    await withEngineLock(path, async () => order.push('ownerless'));
    expect(order.at(-1)).toBe('ownerless');
  });
});
