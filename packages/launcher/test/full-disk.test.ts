import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { memoryLog, temporaryDirectory, waitFor, waitToPass } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { openInstall } from '../src/install/install.ts';
import { openLog, rotateLog } from '../src/machine/log-file.ts';
import { isAlive } from '../src/machine/process-identity.ts';
import { removeTree } from '../src/machine/remove-tree.ts';
import { disarmLockFile } from '../src/postgres/pid-file.ts';
import { requireRoom } from '../src/setup/require-room.ts';
import { ensureStack } from '../src/stack/ensure-stack.ts';
import { runningStack } from '../src/stack/running-stack.ts';
import { stopStack } from '../src/stack/stop-stack.ts';
import { superviseRole } from '../src/stack/supervise-role.ts';
import { fakeRole } from './fixtures/fake-roles.ts';

const supervisorEntry = fileURLToPath(new URL('fixtures/fake-supervisor.ts', import.meta.url));

/** A disk of four MiB that can be filled to the last byte. */
async function smallDisk() {
  const dir = await temporaryDirectory();
  const path = join(dir.path, 'disk');
  await mkdir(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=0700', 'cynode-test', path]);
  const filler = join(path, 'filler');
  return {
    path,
    /** Takes all that is free, a piece at the end too small for a page as well. */
    fill: () => {
      const more = Buffer.alloc(8 * 1024 ** 2);
      expect(() => writeFileSync(filler, more, { flag: 'a' })).toThrow('ENOSPC');
    },
    free: () => rmSync(filler),
    [Symbol.asyncDispose]: async () => {
      // A process that was killed keeps its folder until the kernel has taken it apart.
      await waitToPass(() => execFileSync('umount', [path], { stdio: 'pipe' }));
      await dir.remove();
    },
  };
}

describe.runIf(process.getuid?.() === 0)('on a full disk', () => {
  it('the supervisor goes on, and says what it could not when there is room again', async () => {
    await using disk = await smallDisk();
    const env = {
      HOME: disk.path,
      CYNODE_HOME: join(disk.path, 'home'),
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    };
    const install = await openInstall(env);
    const signal = AbortSignal.timeout(60_000);
    await ensureStack({ install, env, signal, onStep: () => {}, supervisorEntry });
    try {
      const roles = () => runningStack(install)?.roles ?? [];
      const both = await waitFor(() =>
        roles().length === 2 && roles().every(({ phase }) => phase === 'running')
          ? roles()
          : undefined,
      );
      const node = both.find(({ name }) => name === 'node')?.process;
      if (node === undefined) throw new Error('the node runs');
      const log = join(install.paths.logs, 'supervisor.log');
      // What was under way gives room back as it ends; and the last page of the log would take one more line.
      for (let round = 0; round < 3; round += 1) {
        disk.fill();
        const used = readFileSync(log).length % 4096;
        if (used > 0) writeFileSync(log, Buffer.alloc(4096 - used, 10), { flag: 'a' });
        await sleep(100);
      }
      process.kill(node.pid, 'SIGKILL');
      await waitFor(() => !isAlive(node));
      const supervisor = runningStack(install)?.supervisor;
      if (supervisor === undefined) throw new Error('the supervisor runs');
      // It has started another one by now, which nobody can read yet.
      await waitFor(() => {
        const line = execFileSync('ps', ['-o', 'pid=', '--ppid', String(supervisor.pid)]);
        return line.toString().trim().split('\n').length === 2;
      });
      expect(isAlive(supervisor)).toBe(true);
      disk.free();
      const again = await waitFor(
        () => roles().find(({ name, restarts }) => name === 'node' && restarts > 0)?.process,
      );
      expect(runningStack(install)?.supervisor).toEqual(supervisor);
      // The line that tells of lost ones goes before the next that there is to say.
      process.kill(again.pid, 'SIGKILL');
      await waitFor(() => readFileSync(log, 'utf8').includes('are lost'));
    } finally {
      await stopStack(install);
      removeTree(install.runDir);
    }
  });

  it('a role whose log cannot be made is tried again, and a large log is left as it is', async () => {
    await using disk = await smallDisk();
    const install = await openInstall({ HOME: disk.path, CYNODE_HOME: join(disk.path, 'home') });
    const control = new AbortController();
    const spec = fakeRole(install, 'node', 'setInterval(() => {}, 1000)');
    const large = join(install.paths.logs, 'large.log');
    openLog(large).close();
    writeFileSync(large, 'x'.repeat(100_000));
    disk.fill();
    expect(rotateLog(large, 10)).toBe(false);
    expect(readFileSync(large, 'utf8')).toHaveLength(100_000);
    const states: string[] = [];
    const done = superviseRole(
      { ...spec, logPath: join(disk.path, 'no', 'such', 'folder.log') },
      {
        signal: control.signal,
        onChange: ({ phase, lastEnd = '' }) => void states.push(`${phase} ${lastEnd}`),
        log: memoryLog(),
        backoff: { firstMs: 1, maxMs: 1, jitter: 0 },
      },
    );
    await waitFor(
      () => states.filter((state) => state.includes('could not be started')).length > 2,
    );
    control.abort();
    await done;
    disk.free();
    removeTree(install.runDir);
  });

  it('the lock file of a server that is gone is made harmless, and an empty one goes', async () => {
    await using disk = await smallDisk();
    const path = join(disk.path, 'postmaster.pid');
    const text = `999999\n${disk.path}\n1\n5432\n/run\n`;
    writeFileSync(path, text);
    disk.fill();
    await disarmLockFile(path, disk.path);
    expect(readFileSync(path, 'utf8')).toBe(text.replace('999999', String(process.pid)));
    disk.free();
    writeFileSync(path, '');
    await disarmLockFile(path, disk.path);
    await disarmLockFile(path, disk.path);
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });

  it('a first start says what is free and what it needs, before anything starts', async () => {
    await using disk = await smallDisk();
    const env = { HOME: disk.path, CYNODE_HOME: join(disk.path, 'home') };
    const install = await openInstall(env);
    await expect(requireRoom(install, env, undefined)).rejects.toThrow(
      /has [0-3] MiB free, and this start needs 704 MiB there .*CYNODE_HOME/,
    );
    removeTree(install.runDir);
  });
});
