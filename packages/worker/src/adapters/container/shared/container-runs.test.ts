import { silentLog } from '@cynodeai/runtime/observe';
import { describe, expect, it } from 'vitest';
import { WorkerError } from '../../../domain/errors.ts';
import type { SandboxRunSpec } from '../../../ports/sandbox-engine.ts';
import { containerRuns } from './container-runs.ts';
import type { ContainerEnd, RunHooks } from './engine-container.ts';
import { reasons } from './exit-reasons.ts';

const spec: SandboxRunSpec = {
  name: 'c1',
  image: 'i',
  command: ['true'],
  env: {},
  labels: {},
  mounts: [],
  workdir: '/',
  user: { uid: 7, gid: 7 },
  timeoutSeconds: 60,
};
const sink = { write: () => {} };
const refused: ContainerEnd = {
  kind: 'not_started',
  exitCode: 126,
  reason: reasons.notExecutable,
  words: 'init died',
};
const fault: ContainerEnd = {
  kind: 'fault',
  error: new WorkerError('internal', 'no answer'),
  words: '',
};

/** An engine whose containers end as told, while the kernel kills a process of the given user. */
function engine(end: ContainerEnd, victim: number | undefined, begun = false) {
  const killed = new Map<number, number>();
  return containerRuns({
    containerOf: () => ({
      run: async (_sinks: unknown, hooks: RunHooks) => {
        if (begun) hooks.started(new Date());
        if (victim !== undefined) killed.set(victim, 1);
        return end;
      },
      signal: async () => false,
      trace: async () => ({ layer: '/layer' }),
      isGone: async () => true,
      remove: async () => {},
      release: () => {},
      forget: () => {},
    }),
    adoptedOf: async () => undefined,
    forgetImage: () => {},
    victims: { killedOf: (uid) => killed.get(uid) ?? 0 },
    log: silentLog,
  });
}

const run = (...options: Parameters<typeof engine>) =>
  engine(...options).run(spec, { stdout: sink, stderr: sink });

describe('a sandbox the engine lost', () => {
  const wanting: ContainerEnd = {
    kind: 'fault',
    error: new WorkerError('start_lost', 'no process to be had'),
    words: '',
  };

  it.each([
    ['before its first process was there', fault, undefined, false, 'start_lost'],
    [
      'before its first process was there, beside one of another user',
      fault,
      8,
      false,
      'start_lost',
    ],
    ['for want of processes', wanting, undefined, false, 'start_lost'],
    ['for want of processes behind its init', wanting, undefined, true, 'start_lost'],
    ['for want of processes and memory', wanting, 0, false, 'memory_short'],
    ['when its job ran already', fault, undefined, true, 'internal'],
  ] as const)('%s', async (_when, end, victim, begun, code) => {
    await expect(run(end, victim, begun)).rejects.toMatchObject({ code });
  });
});

it('is looked for on the host no longer than told', async () => {
  const ended = Promise.withResolvers<ContainerEnd>();
  const runs = containerRuns({
    containerOf: () => ({
      run: () => ended.promise,
      signal: async () => false,
      trace: () => new Promise(() => {}),
      isGone: async () => true,
      remove: async () => {},
      release: () => {},
      forget: () => {},
    }),
    adoptedOf: async () => undefined,
    forgetImage: () => {},
    log: silentLog,
  });
  const running = runs.run(spec, { stdout: sink, stderr: sink });
  expect(await runs.traceOf(spec.name, 1)).toEqual({});
  expect(await runs.traceOf('unknown', 60_000)).toEqual({});
  ended.resolve({ kind: 'exited', exitCode: 0 });
  expect(await running).toMatchObject({ exitCode: 0 });
});

describe('a sandbox the kernel killed a process of', () => {
  it.each([
    { end: refused, victim: 0 },
    { end: refused, victim: 7 },
    { end: fault, victim: 0 },
  ])('before its command began has not run ($victim)', async ({ end, victim }) => {
    await expect(run(end, victim)).rejects.toMatchObject({ code: 'memory_short' });
  });

  it('later says so beside the end of its command', async () => {
    const exited = { kind: 'exited', exitCode: 1 } as const;
    expect(await run(exited, 7, true)).toMatchObject({ exitCode: 1, oomKilled: true });
    expect(await run(exited, 0, true)).not.toHaveProperty('oomKilled');
    expect(await run(exited, 8, true)).not.toHaveProperty('oomKilled');
  });

  it('is not an excuse for what went wrong without it', async () => {
    expect(await run(refused, undefined)).toMatchObject({ kind: 'not_started', exitCode: 126 });
    expect(await run(refused, 8)).toMatchObject({ kind: 'not_started' });
    await expect(run(fault, undefined, true)).rejects.toMatchObject({ code: 'internal' });
    await expect(run(fault, 0, true)).rejects.toMatchObject({ code: 'internal' });
  });
});
