import { type FakeGateway, alice } from '@cynodeai/testing/doubles';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Ran, type RunOptions, runInProcess } from './support/run-in-process.ts';

const value = 'canary-of-a-secret';

let gateway: FakeGateway;
let home: Home;
eachTest((place) => ({ gateway, home } = place));

const run = (args: readonly string[], options?: RunOptions): Promise<Ran> =>
  runInProcess(home, args, { env: { CYNORK_TOKEN: alice.token }, ...options });

describe('secrets', () => {
  it('set takes all of standard input but one line end, and nothing shows it again', async () => {
    const set = await run(['secrets', 'set', 'KEY'], { input: `${value}\nsecond line\n\n` });
    expect(set).toEqual({ code: 0, stdout: 'name=KEY size_bytes=31\n', stderr: '' });
    expect(gateway.requests.at(-1)?.json).toEqual({ value: `${value}\nsecond line\n` });
    const list = await run(['secrets', 'list']);
    expect(list.stdout).toMatch(/^name\tsize_bytes\tmaskable\tupdated_at\nKEY\t31\ttrue\t\S+\n$/);
    expect(`${set.stdout}${set.stderr}${list.stdout}`).not.toContain('canary');
  });

  it('set says when a secret is too short to be masked', async () => {
    const { code, stderr } = await run(['secrets', 'set', 'PIN'], { input: '1234' });
    expect([code, stderr]).toEqual([
      0,
      'warning: PIN is shorter than 8 bytes: where a job writes it, it is not masked\n',
    ]);
  });

  it.each([
    [['1A'], value, 'cannot be the name of a secret'],
    [['../A'], value, 'cannot be the name of a secret'],
    [['KEY'], '', 'the value must not be empty'],
    [['KEY'], '\n', 'the value must not be empty'],
    [['KEY'], `${value}\u0000`, 'must be text'],
    [['KEY'], value.repeat(2000), 'must have at most 32 KiB'],
    [['KEY', value], '', 'secrets set'],
  ])('set %j is refused without the value in the words', async (args, input, words) => {
    const { code, stdout, stderr } = await run(['secrets', 'set', ...args], { input });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
    if (args.length === 1) expect(stderr).not.toContain('canary');
    expect(gateway.requests).toHaveLength(0);
  });

  it('delete asks, and forgets', async () => {
    await run(['secrets', 'set', 'KEY'], { input: value });
    expect((await run(['secrets', 'delete', 'KEY'], { input: 'n\n' })).stderr).toContain('aborted');
    expect(gateway.secrets.of(alice).size).toBe(1);
    expect((await run(['secrets', 'delete', 'KEY', '-y'])).stdout).toBe('deleted=true\n');
    expect((await run(['secrets', 'delete', 'KEY', '-y'])).code).toBe(4);
  });

  it('are named by a task, which says so', async () => {
    await run(['secrets', 'set', 'KEY'], { input: value });
    const create = (...args: string[]) => run(['task', 'create', ...args]);
    expect((await create('--command', 'true', '--secret', 'KEY')).code).toBe(0);
    expect(gateway.requests.at(-1)?.json).toMatchObject({ secrets: ['KEY'] });
    const [task] = gateway.tasks.all;
    expect((await run(['task', 'get', task?.id ?? ''])).stdout).toContain('secrets=KEY');
    expect((await create('--command', 'true', '--secret', 'NONE')).code).toBe(6);
    expect((await create('--command', 'true', '--secret', 'a b')).code).toBe(2);
    expect((await create('-p', 'hi', '--secret', 'KEY')).stderr).toContain('--secret is for');
  });

  it('that a job wrote are told with its result', async () => {
    const task = gateway.addTask();
    task.end({ stdout: '***', masked: ['stdout', 'artifacts'] });
    const { stderr } = await run(['task', 'result', task.id]);
    expect(stderr).toContain(
      `job ${task.jobId} wrote a secret it was given: in stdout and its files it is masked as ***`,
    );
  });
});
