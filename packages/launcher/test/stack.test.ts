import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { storeChoices } from '../src/install/install.ts';
import { ensureStack } from '../src/stack/ensure-stack.ts';
import { runningStack } from '../src/stack/running-stack.ts';
import { type ProcessIdentity, identityOf, isAlive } from '../src/machine/process-identity.ts';
import { type StackState, readStackState } from '../src/stack/stack-state.ts';
import { stackStatus } from '../src/stack/status.ts';
import { stopStack } from '../src/stack/stop-stack.ts';
import { waitForGateway } from '../src/stack/wait-for-gateway.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

const supervisorEntry = fileURLToPath(new URL('fixtures/fake-supervisor.ts', import.meta.url));
const external = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };

function ensure(test: TestInstall, steps: string[] = []): Promise<StackState> {
  return ensureStack({
    install: test.install,
    env: test.env,
    signal: AbortSignal.timeout(60_000),
    onStep: (what) => void steps.push(what),
    supervisorEntry,
  });
}

async function settled(test: TestInstall, names: readonly string[]): Promise<StackState> {
  await waitForGateway(test.install, AbortSignal.timeout(20_000));
  return waitFor(() => {
    const state = runningStack(test.install);
    return state?.roles.length === names.length &&
      state.roles.every((role) => role.phase === 'running')
      ? state
      : undefined;
  });
}

function processesOf(state: StackState): ProcessIdentity[] {
  return [state.supervisor, ...state.roles.flatMap((role) => role.process ?? [])];
}

describe('a stack', () => {
  it('starts in the background, once for several callers, and is stopped without a trace', async () => {
    await using test = await testInstall();
    const states = await Promise.all([ensure(test), ensure(test), ensure(test)]);
    expect(new Set(states.map((state) => state.supervisor.pid)).size).toBe(1);
    const state = await settled(test, ['postgres', 'user-gateway', 'node']);
    expect((await stackStatus(test.install)).state).toBe('running');
    const all = processesOf(state);
    expect(all.every((each) => isAlive(each))).toBe(true);
    const socketDir = join(test.install.runDir, 'pg');
    expect(readdirSync(socketDir)).toContain('.s.PGSQL.5432');

    expect(await stopStack(test.install)).toBe(true);
    expect(all.filter((each) => isAlive(each))).toEqual([]);
    expect(existsSync(test.install.paths.state)).toBe(false);
    expect(readdirSync(socketDir)).toEqual([]);
    expect((await stackStatus(test.install)).state).toBe('stopped');
    expect(await stopStack(test.install)).toBe(false);
  });

  it('outlives its killed supervisor; the next start takes over cleanly', async () => {
    await using test = await testInstall();
    await ensure(test);
    const before = await settled(test, ['postgres', 'user-gateway', 'node']);
    process.kill(before.supervisor.pid, 'SIGKILL');
    await waitFor(() => !isAlive(before.supervisor));
    const roles = before.roles.flatMap((role) => role.process ?? []);
    expect(roles.every((each) => isAlive(each))).toBe(true);
    expect((await stackStatus(test.install)).state).toBe('unsupervised');

    const steps: string[] = [];
    await ensure(test, steps);
    expect(steps).toContain('stopped what an earlier supervisor left running');
    const after = await settled(test, ['postgres', 'user-gateway', 'node']);
    expect(roles.filter((each) => isAlive(each))).toEqual([]);
    expect(after.supervisor.pid).not.toBe(before.supervisor.pid);
  });

  it('restarts a role and the database when they are killed', async () => {
    await using test = await testInstall();
    await ensure(test);
    const before = await settled(test, ['postgres', 'user-gateway', 'node']);
    for (const role of before.roles) if (role.process) process.kill(role.process.pid, 'SIGKILL');
    const after = await waitFor(
      () => {
        const state = runningStack(test.install);
        const recovered = state?.roles.every(
          (role) => role.restarts === 1 && role.phase === 'running',
        );
        return recovered ? state : undefined;
      },
      { what: 'every role running again' },
    );
    expect(after.supervisor).toEqual(before.supervisor);
  });

  it('needs no embedded database when it is given one', async () => {
    await using test = await testInstall(external);
    await ensure(test);
    const state = await settled(test, ['user-gateway', 'node']);
    expect(state.roles.map((role) => role.name)).toEqual(['user-gateway', 'node']);
    expect(existsSync(test.install.paths.postgres)).toBe(false);
  });

  it('takes a state left by a process that is gone for what it is', async () => {
    await using test = await testInstall(external);
    await ensure(test);
    const state = await settled(test, ['user-gateway', 'node']);
    await stopStack(test.install);
    // As after a crash of the machine: the file is there, the ids belong to others or to nobody.
    const own = identityOf(process.pid);
    const stranger = { pid: process.pid, startTicks: (own?.startTicks ?? 1) - 1 };
    const stale = {
      ...state,
      supervisor: stranger,
      roles: [{ ...state.roles[0], process: stranger }],
    };
    writeFileSync(test.install.paths.state, JSON.stringify(stale));
    expect(runningStack(test.install)).toBeUndefined();
    await ensure(test);
    expect(readStackState(test.install.paths.state)?.supervisor.pid).not.toBe(process.pid);
  });

  it('stops what a version with other roles has left running', async () => {
    await using test = await testInstall(external);
    await ensure(test);
    const state = await settled(test, ['user-gateway', 'node']);
    process.kill(state.supervisor.pid, 'SIGKILL');
    await waitFor(() => !isAlive(state.supervisor));
    const roles = state.roles.map((role, index) => ({ ...role, name: `earlier-${index}` }));
    writeFileSync(test.install.paths.state, JSON.stringify({ ...state, roles }));
    expect((await stackStatus(test.install)).state).toBe('unsupervised');
    await ensure(test);
    const left = state.roles.flatMap((role) => role.process ?? []);
    expect(left.filter((each) => isAlive(each))).toEqual([]);
    await settled(test, ['user-gateway', 'node']);
  });

  it('ignores a state file that is damaged', async () => {
    await using test = await testInstall(external);
    writeFileSync(test.install.paths.state, '{"version":1');
    await ensure(test);
    await settled(test, ['user-gateway', 'node']);
  });

  it('names who holds a port of the install', async () => {
    await using test = await testInstall(external);
    const install = await storeChoices(test.install, { served: true });
    const server = createServer().listen(install.ports.userGateway, '127.0.0.1');
    await once(server, 'listening');
    try {
      const failure = ensure({ ...test, install });
      await expect(failure).rejects.toMatchObject({ code: 'port_busy' });
      await expect(failure).rejects.toThrow(
        new RegExp(`process ${process.pid} .* of user .*cynode up --ports auto`),
      );
    } finally {
      server.close();
    }
  });

  it('shows the last lines of the log when its supervisor does not start', async () => {
    await using test = await testInstall(external);
    const starting = ensureStack({
      install: test.install,
      env: test.env,
      signal: AbortSignal.timeout(20_000),
      onStep: () => {},
      supervisorEntry: '/no/such/supervisor.ts',
    });
    await expect(starting).rejects.toMatchObject({ code: 'stack' });
    await expect(starting).rejects.toThrow(/supervisor\.log[^]*MODULE_NOT_FOUND/);
  });

  it('writes what its roles say to their logs', async () => {
    await using test = await testInstall(external);
    await ensure(test);
    await settled(test, ['user-gateway', 'node']);
    const path = join(test.install.paths.logs, 'node.log');
    await waitFor(() => readFileSync(path, 'utf8').includes('listening'));
    await stopStack(test.install);
    expect(readFileSync(path, 'utf8')).toBe('listening\nstopping\n');
  });
});
