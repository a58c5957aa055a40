import { parseJson } from '@cynodeai/runtime/std';
import { type FakeGateway, alice, problem } from '@cynodeai/testing/doubles';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { startInTerminal } from './support/pseudo-terminal.ts';
import { type Ran, runInProcess } from './support/run-in-process.ts';

const route = 'POST /v1/users/me/password';
const current = 'canary-current-1';
const next = 'canary-next-2';

let gateway: FakeGateway;
let home: Home;

eachTest((place) => {
  ({ gateway, home } = place);
});
beforeEach(() => {
  gateway.on(route, (_request, response) => void response.writeHead(204).end());
});

const run = (input: string, args: readonly string[] = [], env = {}): Promise<Ran> =>
  runInProcess(home, ['auth', 'passwd', ...args], { input, env });

const sent = (): readonly unknown[] => gateway.of(route).map((request) => request.json);

describe('auth passwd', () => {
  it('asks three times in a terminal and shows nothing of it', async () => {
    const running = startInTerminal(home, ['auth', 'passwd'], { CYNORK_TOKEN: alice.token });
    await running.printed('Current password: ');
    running.write(`${current}\n`);
    await running.printed('New password: ');
    running.write(`${next}\n`);
    await running.printed('New password again: ');
    running.write(`${next}\n`);
    const { stdout } = await running.outcome;
    expect(stdout).toContain('user=alice password_changed=true');
    expect(stdout).toContain('exit=0 echo=on');
    expect(stdout).not.toContain('canary');
    expect(sent()).toEqual([{ current_password: current, new_password: next }]);
  });

  it('sends nothing when the second one differs', async () => {
    const outcome = await run(`${current}\n${next}\n${next}x\n`);
    expect([outcome.code, outcome.stdout]).toEqual([2, '']);
    expect(outcome.stderr).toContain('differ');
    expect(outcome.stderr).not.toContain('canary');
    expect(sent()).toEqual([]);
  });

  it('reads two lines of standard input', async () => {
    const outcome = await run(`${current}\n${next}\n\n`, ['--password-stdin', '-o', 'json']);
    expect(outcome.code).toBe(0);
    expect(parseJson(outcome.stdout)).toEqual({ user: 'alice', password_changed: true });
    expect(sent()).toEqual([{ current_password: current, new_password: `${next}\n` }]);
  });

  it.each(['', '\n', `${current}\n`, `\n${next}\n`])('takes no %j', async (input) => {
    expect((await run(input, ['--password-stdin'])).code).toBe(2);
    expect(gateway.requests).toHaveLength(0);
  });

  it('asks for nothing without a session', async () => {
    const outcome = await run(`${current}\n`, [], { CYNORK_TOKEN: '' });
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).not.toContain('password:');
  });

  it('sends a wrong password once: each counts, and the session is not to blame', async () => {
    const login = ['auth', 'login', '-u', alice.handle, '--password-stdin'];
    expect((await home.run(login, { input: alice.password })).code).toBe(0);
    gateway.on(route, problem(401, 'authentication', 'the current password is not right'));
    const outcome = await run(`${current}\n${next}\n${next}\n`, [], { CYNORK_TOKEN: '' });
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toContain('the current password is not right');
    expect([sent().length, gateway.of('POST /v1/auth/refresh').length]).toEqual([1, 0]);
  });
});
