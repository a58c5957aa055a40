import { type FakeGateway, alice } from '@cynodeai/testing/doubles';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Ran, runInProcess } from './support/run-in-process.ts';

let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const rerun = (...args: readonly string[]): Promise<Ran> =>
  runInProcess(home, ['task', 'rerun', 'say-hello', ...args], { env: { GIVEN: 'from-here' } });

/** What the gateway was asked for. */
const asked = (): unknown => gateway.of('POST /v1/tasks/say-hello/rerun').at(-1)?.json;

let id: string;
beforeEach(() => {
  id = gateway.addTask().id;
});

describe('task rerun', () => {
  it('makes a task like the old one, under a key of its own', async () => {
    const ran = await rerun();
    const made = gateway.tasks.all.at(-1);
    expect(ran).toEqual({
      code: 0,
      stdout: `task_id=${made?.id} task_name=say-hello-2\n`,
      stderr: '',
    });
    expect(made?.facts).toMatchObject({ rerunOf: id, text: 'echo hello', ownerId: alice.id });
    const [request] = gateway.of('POST /v1/tasks/say-hello/rerun');
    expect(request?.json).toEqual({});
    expect(request?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('sends what is changed, and no more', async () => {
    const changes = ['--name', 'other', '--timeout', '5m', '--env', 'A=1', '-e', 'GIVEN'];
    const more = ['--image', 'debian:12', '--project-id', alice.id, '--use-inference'];
    await rerun(...changes, ...more);
    expect(asked()).toEqual({
      task_name: 'other',
      timeout_seconds: 300,
      env: { A: '1', GIVEN: 'from-here' },
      image: 'debian:12',
      project_id: alice.id,
      use_inference: true,
    });
    await rerun('--command', 'echo a', '--command', 'echo b');
    expect(asked()).toEqual({ input_mode: 'commands', commands: ['echo a', 'echo b'] });
    await rerun('--script', await home.file('s.sh', 'echo s\n'));
    expect(asked()).toEqual({ input_mode: 'script', prompt: 'echo s\n' });
    await rerun('--', 'ls', '-la');
    expect(asked()).toEqual({ input_mode: 'commands', args: ['ls', '-la'] });
    await rerun('--script', await home.file('s.sh', 'echo s\n'), '--', 'a b');
    expect(asked()).toEqual({ input_mode: 'script', prompt: 'echo s\n', args: ['a b'] });
    await rerun('--input-mode', 'script');
    expect(asked()).toEqual({ input_mode: 'script' });
    await rerun('-p', 'why?');
    expect(asked()).toEqual({ input_mode: 'prompt', prompt: 'why?' });
  });

  it('waits for the end where that is wished', async () => {
    gateway.tasks.onCreated = (made) => made.end({ stdout: 'again\n', exit_code: 9 });
    expect(await rerun('--result', '--exit-status')).toMatchObject({
      code: 9,
      stdout: expect.stringContaining('again'),
    });
  });

  it.each([
    [['--exit-status']],
    [['--attach', 'x']],
    [['--stdin']],
    [['--']],
    [['--env', 'A']],
    [['--timeout', '1x']],
    [['-p', 'x', '--timeout', '5m']],
    [['--input-mode', 'prompt', '--image', 'x']],
    [['-p', 'x', '--command', 'y']],
  ])('%j is exit 2, and nothing is asked', async (args) => {
    expect(await rerun(...args)).toMatchObject({ code: 2, stdout: '' });
    expect(gateway.requests).toEqual([]);
  });

  it('an unknown task is exit 4', async () => {
    expect((await runInProcess(home, ['task', 'rerun', 'nope'])).code).toBe(4);
  });
});
