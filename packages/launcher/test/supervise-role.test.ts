import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { memoryLog, reservePort, waitFor } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { identityOf, isAlive } from '../src/machine/process-identity.ts';
import type { HearingTimes } from '../src/stack/deaf-role.ts';
import type { RoleState } from '../src/stack/stack-state.ts';
import { type RoleSpec, superviseRole } from '../src/stack/supervise-role.ts';
import { fakeRole } from './fixtures/fake-roles.ts';
import { testInstall } from './fixtures/test-install.ts';

const backoff = { firstMs: 10, maxMs: 40, jitter: 0 };

function supervise(
  spec: RoleSpec,
  hearing?: HearingTimes,
): {
  readonly states: RoleState[];
  readonly last: () => RoleState | undefined;
  readonly stop: () => Promise<void>;
} {
  const control = new AbortController();
  const states: RoleState[] = [];
  const onChange = (state: RoleState): void => void states.push(state);
  const done = superviseRole(spec, {
    signal: control.signal,
    onChange,
    log: memoryLog(),
    backoff,
    ...(hearing && { hearing }),
  });
  return {
    states,
    last: () => states.at(-1),
    stop: () => {
      control.abort();
      return done;
    },
  };
}

describe('a supervised role', () => {
  it('is started again when it ends, and the reason is kept', async () => {
    await using test = await testInstall();
    const role = supervise(fakeRole(test.install, 'node', 'process.exit(3)'));
    await waitFor(() => (role.last()?.restarts ?? 0) >= 3, { what: 'three restarts' });
    await role.stop();
    expect(role.last()).toMatchObject({ phase: 'stopped', lastEnd: 'exited with 3' });
    const pids = role.states.flatMap((state) => state.process?.pid ?? []);
    expect(new Set(pids).size).toBeGreaterThanOrEqual(3);
  });

  it('is restarted when it was killed', async () => {
    await using test = await testInstall();
    const role = supervise(fakeRole(test.install, 'node', 'setInterval(() => {}, 1000)'));
    const first = await waitFor(() => role.last()?.process);
    process.kill(first.pid, 'SIGKILL');
    const second = await waitFor(() =>
      role.last()?.process?.pid === first.pid ? undefined : role.last()?.process,
    );
    expect(role.last()).toMatchObject({
      phase: 'running',
      restarts: 1,
      lastEnd: 'ended by SIGKILL',
    });
    await role.stop();
    expect(isAlive(second)).toBe(false);
  });

  it('is killed with its children when it does not stop', async () => {
    await using test = await testInstall();
    const script = `
      process.on('SIGTERM', () => {});
      const child = require('node:child_process').spawn('sleep', ['1000']);
      console.log('child ' + child.pid);
      setInterval(() => {}, 1000);`;
    const spec = fakeRole(test.install, 'node', script);
    const role = supervise(spec);
    const child = await waitFor(() => /child (\d+)/.exec(readFileSync(spec.logPath, 'utf8'))?.[1]);
    await role.stop();
    // Where nobody reaps orphans, its corpse stays in the process table.
    await waitFor(() => identityOf(Number(child)) === undefined);
  });

  it.each([
    ['a busy event loop', 'for (;;);'],
    ['a stopped process', "process.kill(process.pid, 'SIGSTOP');"],
    ['answers that never come', 'server.removeAllListeners("request");'],
  ])('is restarted when it is there but deaf: %s', async (_how, goDeaf) => {
    await using test = await testInstall();
    const port = await reservePort();
    const script = `
      const server = require('node:http').createServer((request, response) => {
        response.end();
        if (request.url === '/deaf') response.on('close', () => { ${goDeaf} });
      }).listen(${port}, '127.0.0.1');`;
    const spec = { ...fakeRole(test.install, 'node', script), ports: [port] };
    const role = supervise(spec, { everyMs: 500, misses: 6 });
    await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok);
    const first = role.last()?.process;
    // It has been heard by whoever watches it.
    await delay(1000);
    await fetch(`http://127.0.0.1:${port}/deaf`);
    await waitFor(() => role.last()?.phase === 'running' && role.last()?.restarts === 1);
    expect(role.last()).toMatchObject({ lastEnd: 'answered nothing for 3 s' });
    await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok);
    await role.stop();
    expect(first && isAlive(first)).toBe(false);
  });

  it('that answers again after a pause is left alone', async () => {
    await using test = await testInstall();
    const port = await reservePort();
    const script = `
      let asked = 0;
      require('node:http').createServer((request, response) => {
        asked += 1;
        if (asked % 2 === 1) response.end();
      }).listen(${port}, '127.0.0.1');`;
    const spec = { ...fakeRole(test.install, 'node', script), ports: [port] };
    const role = supervise(spec, { everyMs: 1500, misses: 2 });
    await delay(8000);
    expect(role.last()).toMatchObject({ phase: 'running', restarts: 0 });
    await role.stop();
  });

  it('that does not listen yet is left to start', async () => {
    await using test = await testInstall();
    const spec = {
      ...fakeRole(test.install, 'node', 'setInterval(() => {}, 1000)'),
      ports: [await reservePort()],
    };
    const role = supervise(spec, { everyMs: 10, misses: 10 });
    await delay(1500);
    expect(role.last()).toMatchObject({ phase: 'running', restarts: 0 });
    await role.stop();
  });

  it('that cannot be started at all is tried again', async () => {
    await using test = await testInstall();
    const spec = { ...fakeRole(test.install, 'node', ''), program: '/no/such/program' };
    const role = supervise(spec);
    await waitFor(() => (role.last()?.restarts ?? 0) >= 2);
    await role.stop();
    expect(role.last()?.lastEnd).toMatch(/could not be started/);
  });
});
