import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@cynodeai/testing';
import { expect, it } from 'vitest';
import { takeLock } from '../src/install/lock.ts';
import { bringUp } from '../src/setup/bring-up.ts';
import { runningStack } from '../src/stack/running-stack.ts';
import { Progress } from '../src/terminal/progress.ts';
import { testInstall } from './fixtures/test-install.ts';

const supervisorEntry = fileURLToPath(new URL('fixtures/recording-supervisor.ts', import.meta.url));

it('a stack that was started before its image failed is told, with how to stop it', async () => {
  await using test = await testInstall();
  const { install, env } = test;
  const told: string[] = [];
  class Kept extends Progress {
    override note(text: string): void {
      told.push(text);
    }
  }
  // The image waits for its lock until the stack is there, and cannot be kept then.
  const lock = await takeLock(join(install.paths.locks, 'images'));
  const bringing = bringUp({
    install,
    env,
    yes: false,
    signal: new AbortController().signal,
    progress: new Kept({ quiet: true }),
    choice: 'none',
    ports: undefined,
    database: undefined,
    tellsDemo: false,
    countRunning: async () => 0,
    supervisorEntry,
  });
  const failure = bringing.catch((error: unknown) => error);
  await waitFor(() => runningStack(install) !== undefined, { what: 'the stack', within: 60_000 });
  rmSync(install.paths.images, { recursive: true, force: true });
  writeFileSync(install.paths.images, '');
  await lock[Symbol.asyncDispose]();
  expect(await failure).toBeInstanceOf(Error);
  expect(runningStack(install)).toBeDefined();
  expect(told).toContain('the stack was started and runs on; cynode down stops it');
});
