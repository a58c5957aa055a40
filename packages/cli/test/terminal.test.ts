import { type FakeGateway, alice } from '@cynodeai/testing/doubles';
import { readFile } from 'node:fs/promises';
import { at } from '@cynodeai/runtime/std';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { startInTerminal } from './support/pseudo-terminal.ts';

const password = 'pässwörd-canary';
const env = { CYNORK_TOKEN: alice.token };
let gateway: FakeGateway;
let home: Home;

eachTest((place) => {
  ({ gateway, home } = place);
  gateway.identity.addUser('alice', password);
});

const sentPassword = (): unknown => at(gateway.requests[0]?.json, 'password');

describe('in a terminal', () => {
  it('the password is not shown, and echo is back afterwards', async () => {
    const running = startInTerminal(home, ['auth', 'login']);
    await running.printed('User: ');
    running.write('alice\n');
    await running.printed('Password: ');
    running.write(`${password}\n`);
    const { stdout } = await running.outcome;
    expect(stdout).toContain('logged_in=true user=alice');
    expect(stdout).toContain('exit=0 echo=on');
    expect(stdout).not.toContain('canary');
    expect(sentPassword()).toBe(password);
  });

  it('the usual keys edit the password and others do not get into it', async () => {
    gateway.identity.addUser('alice', 'acde');
    const running = startInTerminal(home, ['auth', 'login', '-u', 'alice']);
    await running.printed('Password: ');
    running.write('wrong\u0015ab\u007Fcdé\u007F\u001B[A\te\r');
    expect((await running.outcome).stdout).toContain('exit=0 echo=on');
    expect(sentPassword()).toBe('acde');
  });

  it('Ctrl+C at the password ends with 130, sends nothing and leaves echo on', async () => {
    const running = startInTerminal(home, ['auth', 'login', '-u', 'alice']);
    await running.printed('Password: ');
    running.write('half\u0003');
    const { stdout } = await running.outcome;
    expect(stdout).toContain('exit=130 echo=on');
    expect(stdout).not.toContain('half');
    expect(gateway.requests).toHaveLength(0);
  });

  it('Ctrl+C at the user name ends with 130; the end of input is an empty name', async () => {
    const interrupted = startInTerminal(home, ['auth', 'login']);
    await interrupted.printed('User: ');
    interrupted.write('\u0003');
    expect((await interrupted.outcome).stdout).toContain('exit=130 echo=on');
    const ended = startInTerminal(home, ['auth', 'login']);
    await ended.printed('User: ');
    ended.write('\u0004');
    expect((await ended.outcome).stdout).toContain('exit=2 echo=on');
  });

  it('SIGTERM at the password leaves echo on', async () => {
    const running = startInTerminal(home, ['auth', 'login', '-u', 'alice']);
    await running.printed('Password: ');
    await terminate(running.pid);
    expect((await running.outcome).stdout).toContain('exit=143 echo=on');
  });

  it('a confirmation is asked on one line and answered there', async () => {
    const { id } = gateway.addTask();
    const running = startInTerminal(home, ['task', 'cancel', 'say-hello'], env);
    await running.printed('Cancel task say-hello? [y/N] ');
    running.write('y\n');
    expect((await running.outcome).stdout).toContain(`task_id=${id} canceled=true`);
  });

  it('errors are red there, and plain with NO_COLOR, --no-color or in a pipe', async () => {
    const show = async (args: string[], env: Record<string, string> = {}): Promise<string> =>
      (await startInTerminal(home, args, env).outcome).stdout;
    expect(await show(['auth', 'whoami'])).toContain('\u001B[31merror:\u001B[39m not logged in');
    expect(await show(['auth', 'whoami', '--no-color'])).not.toContain('\u001B');
    expect(await show(['auth', 'whoami'], { NO_COLOR: '1' })).not.toContain('\u001B');
    expect((await home.run(['auth', 'whoami'])).stderr).not.toContain('\u001B');
  });

  it('foreign commands for a terminal do nothing there, foreign control characters are shown, but a pipe gets every byte', async () => {
    const stdout = 'a\u001B]0;title\u0007\tb\u009B31m\n';
    gateway.addTask().end({ stdout });
    const logs = ['task', 'logs', 'say-hello'];
    const shown = (await startInTerminal(home, logs, env).outcome).stdout;
    expect(shown).toContain('a\tb<U+009B>31m');
    const piped = await home.run(logs, { env });
    expect(piped.stdout).toBe(stdout);
  });

  it('a wait shows its states to people, unless quiet', async () => {
    gateway.addTask().end();
    const wait = ['task', 'result', 'say-hello', '--wait'];
    const told = 'task say-hello: completed';
    expect((await startInTerminal(home, wait, env).outcome).stdout).toContain(told);
    const quiet = await startInTerminal(home, [...wait, '-q'], env).outcome;
    expect(quiet.stdout).not.toContain(told);
  });

  it('a refused login leaves nothing behind', async () => {
    const running = startInTerminal(home, ['auth', 'login', '-u', 'alice']);
    await running.printed('Password: ');
    running.write('x\n');
    expect((await running.outcome).stdout).toContain('exit=3 echo=on');
    await expect(home.readConfig()).rejects.toThrow('ENOENT');
  });
});

/** Ends the cynork below a `script` process: its shell has it as the only child. */
async function terminate(ancestor: number): Promise<void> {
  let pid = ancestor;
  for (;;) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const [child] = children.trim().split(' ');
    if (!child) break;
    pid = Number(child);
  }
  process.kill(pid, 'SIGTERM');
}
