import { type FakeGateway } from '@cynodeai/testing/doubles';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Ran, runInProcess } from './support/run-in-process.ts';

let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const cynork = (args: readonly string[], input = ''): Promise<Ran> =>
  runInProcess(home, args, { input });

describe('task delete', () => {
  it.each([['n\n'], ['\n'], [''], ['yes\n']])('the answer %j sends nothing', async (input) => {
    const { id } = gateway.addTask().end();
    const table = await cynork(['task', 'delete', 'say-hello'], input);
    expect(table).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'Delete task say-hello with its result and files? [y/N]\naborted\n',
    });
    expect(gateway.requests).toEqual([]);
    expect(gateway.tasks.byId(id).status).toBe('completed');
  });

  it('-y does not ask; one that goes on is exit 5 with the next command, an unknown one exit 4', async () => {
    const { id } = gateway.addTask().end();
    const outcome = await cynork(['task', 'delete', 'say-hello', '-y']);
    expect(outcome).toMatchObject({
      code: 0,
      stdout: `task_id=${id} deleted=true task_name=say-hello\n`,
      stderr: '',
    });
    expect(gateway.tasks.all).toEqual([]);
    expect((await cynork(['task', 'delete', id, '-y'])).code).toBe(4);
    gateway.addTask();
    const open = await cynork(['task', 'delete', 'say-hello', '-y']);
    expect(open.code).toBe(5);
    expect(open.stderr).toContain('first cancel it: cynork task cancel say-hello');
  });
});
