import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Env } from '@cynodeai/runtime/config';
import { waitFor } from '@cynodeai/testing';
import { expect, it } from 'vitest';
import { type Install, findInstall, openInstall } from '../src/install/install.ts';
import { isAlive } from '../src/machine/process-identity.ts';
import { removeTree } from '../src/machine/remove-tree.ts';
import { ensureStack } from '../src/stack/ensure-stack.ts';
import { runningStack } from '../src/stack/running-stack.ts';
import type { StackState } from '../src/stack/stack-state.ts';
import { stackStatus } from '../src/stack/status.ts';
import { tearDown } from '../src/stack/tear-down.ts';
import { testInstall } from './fixtures/test-install.ts';

const supervisorEntry = fileURLToPath(new URL('fixtures/fake-supervisor.ts', import.meta.url));
const signal = AbortSignal.timeout(120_000);
const onStep = (): void => {};

async function started(install: Install, env: Env): Promise<StackState> {
  await ensureStack({ install, env, signal, onStep, supervisorEntry });
  return waitFor(() => {
    const state = runningStack(install);
    const up = state?.roles.length === 3 && state.roles.every(({ phase }) => phase === 'running');
    return up ? state : undefined;
  });
}

const processesOf = (state: StackState) => [
  state.supervisor,
  ...state.roles.flatMap(({ process }) => process ?? []),
];

it('a copy of a running state folder is an install of its own: its reset and its start touch nobody', async () => {
  await using test = await testInstall();
  const original = processesOf(await started(test.install, test.env));
  const home = join(test.install.paths.home, '..', 'copy');
  execFileSync('cp', ['-a', test.install.paths.home, home]);
  const env = { ...test.env, CYNODE_HOME: home };
  const found = findInstall(env);
  if (found === undefined) throw new Error('the copy is an install');
  expect(found.runDir).not.toBe(test.install.runDir);
  expect((await stackStatus(found)).state).toBe('stopped');

  expect(await tearDown({ install: found, env, signal, onStep })).toBe(false);
  expect(original.every((one) => isAlive(one))).toBe(true);
  expect(existsSync(join(test.install.runDir, 'pg/.s.PGSQL.5432'))).toBe(true);

  const copy = await openInstall(env);
  await using atLast = new AsyncDisposableStack();
  atLast.defer(async () => {
    await tearDown({ install: copy, env, signal, onStep });
    removeTree(copy.runDir);
  });
  const own = processesOf(await started(copy, env));
  expect([...original, ...own].every((one) => isAlive(one))).toBe(true);
  expect(await tearDown({ install: copy, env, signal, onStep })).toBe(true);
  expect(own.some((one) => isAlive(one))).toBe(false);
  expect(original.every((one) => isAlive(one))).toBe(true);
});
