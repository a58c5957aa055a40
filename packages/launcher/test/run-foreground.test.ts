import process from 'node:process';
import { waitFor } from '@cynodeai/testing';
import { expect, it } from 'vitest';
import { isAlive, identityOf } from '../src/machine/process-identity.ts';
import { runForeground } from '../src/stack/run-foreground.ts';
import type { RoleSpec } from '../src/stack/supervise-role.ts';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testInstall } from './fixtures/test-install.ts';

function spec(name: RoleSpec['name'], folder: string, script: string): RoleSpec {
  const mark = join(folder, `${name}.pid`);
  const started = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, String(process.pid));`;
  return {
    name,
    program: process.execPath,
    args: ['-e', `${started}${script}`],
    env: {},
    cwd: folder,
    logPath: join(folder, 'log'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 500,
  };
}

const stays = 'setInterval(() => {}, 1000);';

it('runs several processes until one ends, stops the others and tells its code', async () => {
  await using test = await testInstall();
  const folder = test.install.paths.home;
  const other = join(folder, 'control-plane.pid');
  const ends = `const t = setInterval(() => { if (require('node:fs').existsSync(${JSON.stringify(other)})) process.exit(7); }, 10);`;
  const specs = [spec('control-plane', folder, stays), spec('node', folder, ends)];
  const never = new AbortController().signal;
  expect(await runForeground(specs, test.install, never)).toBe(7);
  expect(identityOf(Number(readFileSync(other, 'utf8')))).toBeUndefined();
});

it('stops all of them when it is interrupted', async () => {
  await using test = await testInstall();
  const folder = test.install.paths.home;
  const names = ['control-plane', 'node'] as const;
  const over = new AbortController();
  const specs = names.map((name) => spec(name, folder, stays));
  const run = runForeground(specs, test.install, over.signal);
  const pidOf = (name: string): number => Number(readFileSync(join(folder, `${name}.pid`), 'utf8'));
  await waitFor(() =>
    names.every((name) => existsSync(join(folder, `${name}.pid`)) && pidOf(name) > 0),
  );
  const processes = names.flatMap((name) => identityOf(pidOf(name)) ?? []);
  expect(processes).toHaveLength(2);
  over.abort();
  expect(await run).toBe(128 + 15);
  expect(processes.filter((each) => isAlive(each))).toEqual([]);
});
