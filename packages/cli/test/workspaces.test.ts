import { type FakeGateway, alice } from '@cynodeai/testing/doubles';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Ran, type RunOptions, runInProcess } from './support/run-in-process.ts';

let gateway: FakeGateway;
let home: Home;
eachTest((place) => ({ gateway, home } = place));

const run = (args: readonly string[], options?: RunOptions): Promise<Ran> =>
  runInProcess(home, args, { env: { CYNORK_TOKEN: alice.token }, ...options });

describe('workspaces', () => {
  it('are named by tasks, listed, and deleted when none uses them', async () => {
    const create = (...args: string[]) => run(['task', 'create', ...args]);
    expect((await create('--command', 'true', '--workspace', 'build')).code).toBe(0);
    expect(gateway.requests.at(-1)?.json).toMatchObject({ workspace: 'build' });
    const [task] = gateway.tasks.all;
    expect((await run(['task', 'get', task?.id ?? ''])).stdout).toContain('workspace=build');
    expect((await run(['workspaces', 'list'])).stdout).toContain('\nbuild\t');
    expect((await run(['workspaces', 'delete', 'build', '-y'])).code).toBe(5);
    task?.end({});
    expect((await run(['workspaces', 'delete', 'build'], { input: 'n\n' })).stderr).toContain(
      'aborted',
    );
    expect((await run(['workspaces', 'delete', 'build', '-y'])).stdout).toBe('deleted=true\n');
    expect((await run(['workspaces', 'delete', 'build', '-y'])).code).toBe(4);
  });

  it.each(['', '../x', 'a b', '-a'])('have no name such as %j', async (name) => {
    const flag = await run(['task', 'create', '--command', 'true', `--workspace=${name}`]);
    expect([flag.code, flag.stderr.includes('--workspace takes the name of one')]).toEqual([
      2,
      true,
    ]);
    expect(gateway.requests).toHaveLength(0);
  });
});
