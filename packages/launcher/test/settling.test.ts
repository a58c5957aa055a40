import { memoryLog, waitFor } from '@cynodeai/testing';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { findInstall, type Install, storeChoices } from '../src/install/install.ts';
import { placePorts, standingPorts } from '../src/stack/place-ports.ts';
import { PlacedRoles } from '../src/stack/placed-roles.ts';
import type { RoleState } from '../src/stack/stack-state.ts';
import type { StateKeeper } from '../src/stack/state-keeper.ts';
import { fakeRole, fakeRoles } from './fixtures/fake-roles.ts';
import { pretendRunning } from './fixtures/pretend-running.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

const current = ({ env, install }: TestInstall): Install => findInstall(env) ?? install;
const backoff = { firstMs: 1, maxMs: 20, jitter: 0 } as const;

function keeperInMemory(): StateKeeper {
  const states = new Map<string, RoleState>();
  return {
    update: (role) => void states.set(role.name, role),
    of: (name) => states.get(name),
    move: () => {},
    forget: () => {},
  };
}

describe('the roles of a first start whose port was taken', () => {
  it.each([
    ['they cannot be started', 1],
    ['they cannot be started', 4],
    ['where they stand cannot be kept', 3],
  ])('stand in the end although for a while %s (%i times)', async (what, times) => {
    await using test = await testInstall();
    const placed = await placePorts(test.install);
    const { ports, paths } = placed.install;
    const stranger = createServer((socket) => socket.destroy());
    stranger.listen(ports.userGateway, '127.0.0.1');
    await once(stranger, 'listening');
    const log = memoryLog();
    const told = (): number =>
      log.lines.filter(({ message }) => message.includes('are not settled')).length;
    const away = `${paths.settings}.away`;
    let starts = 0;
    const roles = new PlacedRoles(
      placed,
      '',
      {
        env: test.env,
        log,
        backoff,
        specs: (_url, install) => {
          starts += 1;
          if (starts === 1) {
            if (!what.startsWith('they')) renameSync(paths.settings, away);
            return [fakeRole(install, 'user-gateway', 'process.exit(1)')];
          }
          if (what.startsWith('they') && starts <= 1 + times) throw new Error('no room');
          return fakeRoles(install);
        },
      },
      keeperInMemory(),
    );
    try {
      await waitFor(() => told() >= times, { what: 'it was tried again' });
      if (!what.startsWith('they')) renameSync(away, paths.settings);
      const moved = await waitFor(() => (current(test).served ? current(test) : undefined), {
        what: 'its ports are settled',
        within: 60_000,
      });
      expect(moved.ports.userGateway).not.toBe(ports.userGateway);
      expect(roles.specs.map(({ name }) => name)).toEqual(['user-gateway', 'node']);
    } finally {
      await roles.stop();
      stranger.close();
    }
  });

  it('are given up when the stack is stopped', async () => {
    await using test = await testInstall();
    const placed = await placePorts(test.install);
    const stranger = createServer((socket) => socket.destroy());
    stranger.listen(placed.install.ports.userGateway, '127.0.0.1');
    await once(stranger, 'listening');
    const log = memoryLog();
    let starts = 0;
    const specs = (_url: string, install: Install): ReturnType<typeof fakeRoles> => {
      starts += 1;
      if (starts > 1) throw new Error('no room');
      return [fakeRole(install, 'user-gateway', 'process.exit(1)')];
    };
    const options = {
      env: test.env,
      log,
      specs,
      backoff: { ...backoff, firstMs: 1e6, maxMs: 1e6 },
    };
    const roles = new PlacedRoles(placed, '', options, keeperInMemory());
    await waitFor(() => log.lines.some(({ message }) => message.includes('are not settled')));
    await roles.stop();
    expect(starts).toBe(2);
    stranger.close();
  });
});

/** The install as it is handed to a wait, which is seen to look at it: a second look means that it waited after one. */
function watched(install: Install): { readonly install: Install; readonly waits: () => boolean } {
  let looks = 0;
  const counting: Install = {
    ...install,
    get served() {
      looks += 1;
      return install.served;
    },
  };
  return { install: counting, waits: () => looks >= 2 };
}

describe('a role that is served alone', () => {
  it('waits for the ports of a stack that starts for the first time, and takes those', async () => {
    await using test = await testInstall();
    const { signal } = new AbortController();
    const ports = { ...test.install.ports, userGateway: 29_871, workerApi: 29_872 };
    using _running = pretendRunning(test.install, test.install.gatewayUrl);
    const { install, waits } = watched(test.install);
    const standing = standingPorts(install, signal);
    await waitFor(waits);
    await storeChoices(test.install, { ports, served: true });
    expect(await standing).toMatchObject({ ports, served: true });
    expect(current(test).ports).toEqual(ports);
  });

  it('is called off while it waits', async () => {
    await using test = await testInstall();
    const over = new AbortController();
    using _running = pretendRunning(test.install, test.install.gatewayUrl);
    const { install, waits } = watched(test.install);
    const standing = standingPorts(install, over.signal);
    await waitFor(waits);
    over.abort(new Error('stop'));
    await expect(standing).rejects.toThrow(/stop|interrupted/);
    expect(current(test).served).toBe(false);
  });

  it('chooses by itself once such a stack is gone', async () => {
    await using test = await testInstall();
    const running = pretendRunning(test.install, test.install.gatewayUrl);
    const { install, waits } = watched(test.install);
    const standing = standingPorts(install, new AbortController().signal);
    await waitFor(waits);
    expect(current(test).served).toBe(false);
    running[Symbol.dispose]();
    expect((await standing).served).toBe(true);
  });
});
