import type { Env } from '@cynodeai/runtime/config';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { InferenceChoice } from '../src/domain/inference.ts';
import { findInstall } from '../src/install/install.ts';
import { readyInstall } from '../src/run/ready-install.ts';
import { prepareStart } from '../src/setup/prepare-start.ts';
import { ensureStack } from '../src/stack/ensure-stack.ts';
import { runningStack } from '../src/stack/running-stack.ts';
import { lossText, offerRestart } from '../src/stack/offer-restart.ts';
import type { StackState } from '../src/stack/stack-state.ts';
import { Progress } from '../src/terminal/progress.ts';
import { oldPostgres } from './fixtures/old-postgres.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

const supervisorEntry = fileURLToPath(new URL('fixtures/fake-supervisor.ts', import.meta.url));
const unusable = { DATABASE_URL: 'postgres://ada:canary-5521@127.0.0.1:2/none' };
const signal = AbortSignal.timeout(600_000);
const progress = new Progress({ quiet: true });

async function running(test: TestInstall): Promise<StackState> {
  const { env, install } = test;
  return ensureStack({ install, env, signal, onStep: () => {}, supervisorEntry });
}

/** A start that asks for other inference, beside so many running tasks. */
function change(
  { env, install }: TestInstall,
  choice: InferenceChoice,
  count: number | undefined,
  more: { yes?: boolean; env?: Env } = {},
): Promise<unknown> {
  return prepareStart({
    install: findInstall(env) ?? install,
    env: { ...env, ...more.env },
    choice,
    yes: more.yes ?? false,
    signal,
    progress,
    database: undefined,
    countRunning: async () => count,
  });
}

describe('a running stack that is to have other inference', () => {
  it.each([1, 2, undefined])('goes on where nobody agrees and tasks run: %s', async (count) => {
    await using server = await oldPostgres('160000');
    const external = { DATABASE_URL: `postgres://nobody@127.0.0.1:${server.port}/none` };
    await using test = await testInstall(external);
    const state = await running(test);
    const before = findInstall(test.env)?.inference;
    await expect(change(test, 'demo', count)).rejects.toMatchObject({
      code: 'declined',
      message: expect.stringMatching(/inference was: none; now: demo model.*cynode down.*--yes/),
    });
    expect(runningStack(test.install)?.supervisor).toEqual(state.supervisor);
    expect(findInstall(test.env)?.inference).toEqual(before);
    await change(test, 'demo', count, { yes: true });
    expect(runningStack(test.install)).toBeUndefined();
    expect(findInstall(test.env)?.inference.path).toEqual({ kind: 'demo' });
  });

  it('is left alone where it comes out the same, whatever runs', async () => {
    await using server = await oldPostgres('160000');
    const external = { DATABASE_URL: `postgres://nobody@127.0.0.1:${server.port}/none` };
    await using test = await testInstall(external);
    const state = await running(test);
    for (const count of [0, 3, undefined]) {
      await change(test, 'none', count);
      expect(runningStack(test.install)?.supervisor).toEqual(state.supervisor);
    }
  });
});

describe('a running stack that is to be replaced', () => {
  it('goes on where what is demanded cannot start', async () => {
    await using server = await oldPostgres('160000');
    const external = { DATABASE_URL: `postgres://nobody@127.0.0.1:${server.port}/none` };
    await using test = await testInstall(external);
    const state = await running(test);
    const lives = (): void =>
      expect(runningStack(test.install)?.supervisor).toEqual(state.supervisor);
    const bad = change(test, 'demo', 0, { env: unusable });
    await expect(bad).rejects.toMatchObject({ code: 'setup' });
    lives();
    for (const more of [unusable, { ...external, CONTAINER_RUNTIME: 'lxc' }]) {
      const ready = readyInstall({
        env: { ...test.env, ...more },
        signal,
        progress,
        yes: true,
        choice: undefined,
        ports: undefined,
        database: undefined,
        need: undefined,
      });
      await expect(ready).rejects.toThrow(/127\.0\.0\.1:2\/none: it cannot be used|must be podman/);
      await expect(ready).rejects.not.toThrow('canary');
      lives();
    }
  });

  it('is stopped only after the check', async () => {
    await using server = await oldPostgres('160000');
    const external = { DATABASE_URL: `postgres://nobody@127.0.0.1:${server.port}/none` };
    await using test = await testInstall(external);
    const state = await running(test);
    const reason = { text: 'it is old', binding: false };
    const common = { env: test.env, yes: true, signal, progress, countRunning: async () => 0 };
    const no = async (): Promise<void> => {
      throw new Error('no room');
    };
    await expect(
      offerRestart(test.install, state, reason, { ...common, check: no }),
    ).rejects.toThrow('no room');
    expect(runningStack(test.install)?.supervisor).toEqual(state.supervisor);
    const yes = async (): Promise<void> => {};
    expect(await offerRestart(test.install, state, reason, { ...common, check: yes })).toBe(true);
    expect(runningStack(test.install)).toBeUndefined();
  });
});

describe('what a restart would end', () => {
  it.each([
    [undefined, /how many is not known/],
    [0, /^No task runs now\.$/],
    [1, /^1 running task would be ended\.$/],
    [2, /^2 running tasks would be ended\.$/],
    [50, /^50 running tasks would be ended\.$/],
  ])('is told as it is: %s', (count, says) => {
    expect(lossText(count)).toMatch(says);
  });
});
