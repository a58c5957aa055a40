import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { readIfThere } from '../src/install/files.ts';
import { takeLock } from '../src/install/lock.ts';
import type { ServiceManager } from '../src/machine/systemd.ts';
import { bringUp } from '../src/setup/bring-up.ts';
import { installService, removeService, serviceOf, startService } from '../src/setup/service.ts';
import { runningStack } from '../src/stack/running-stack.ts';
import { Progress } from '../src/terminal/progress.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

const supervisorEntry = fileURLToPath(new URL('fixtures/recording-supervisor.ts', import.meta.url));

/** What the program that asks the manager does, by its last words. */
type Ways = Readonly<Record<'start' | 'show', string>>;

const running = 'echo ActiveState=active; echo NRestarts=0';

/** A manager of services whose program writes down what it is asked, and starts what the test says. */
function managerOf({ install, env }: TestInstall, ways: Partial<Ways> = {}, isThere = true) {
  const folder = join(dirname(install.paths.home), 'manager');
  const [program, asked] = [join(folder, 'systemctl'), join(folder, 'asked')];
  mkdirSync(folder);
  const begin = `[ -e '${folder}/ready' ] || exit 0; CYNODE_HOME='${install.paths.home}' STARTED_BY=service setsid '${process.execPath}' '${supervisorEntry}' </dev/null >/dev/null 2>&1 &`;
  const { start = begin, show = running } = ways;
  const script = `#!/bin/sh
shift
echo "$*" >> '${asked}'
case $1 in start) ${start} ;; show) ${show} ;; esac
`;
  writeFileSync(program, script, { mode: 0o755 });
  const manager: ServiceManager = { kind: 'system', isThere, unitFolder: folder, program };
  const service = serviceOf(install, env, manager);
  const calls = (): string[] =>
    (readIfThere(asked) ?? '')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('show'));
  /** Writes the unit; nothing is started yet. */
  const stand = async (): Promise<void> => {
    const signal = AbortSignal.abort();
    await installService(service, install, { env, signal }).catch(() => {});
    writeFileSync(asked, '');
    writeFileSync(join(folder, 'ready'), '');
  };
  return { manager, service, calls, stand };
}

function bring({ install, env }: TestInstall, manager: ServiceManager) {
  const ending = new AbortController();
  const bringing = bringUp({
    install,
    env,
    yes: false,
    signal: ending.signal,
    progress: new Progress({ quiet: true }),
    choice: 'none',
    ports: undefined,
    database: undefined,
    tellsDemo: false,
    countRunning: async () => 0,
    supervisorEntry,
    manager,
  });
  return { ending, failure: bringing.catch((error: unknown) => error) };
}

/** Who started the supervisor of the stack, once there is one. */
async function starterOf({ install }: TestInstall): Promise<string | undefined> {
  const find = () => runningStack(install)?.supervisor.pid;
  const pid = await waitFor(find, { what: 'the stack', within: 60_000 });
  const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return variables.find((one) => one.startsWith('STARTED_BY='))?.slice(11);
}

const context = (test: TestInstall) => ({ env: test.env, signal: new AbortController().signal });

describe('an install whose service stands still', () => {
  it.each([
    ['is started by its service', true, true, 'service'],
    ['without a service is started by itself', false, true, undefined],
    ['is started by itself where systemd does not run the machine', true, false, undefined],
  ])('%s when a task needs it', async (_what, isInstalled, isThere, starter) => {
    await using test = await testInstall();
    const { manager, service, calls, stand } = managerOf(test, {}, isThere);
    if (isInstalled) await stand();
    // The image waits for its lock until the stack is there, and cannot be kept then.
    const lock = await takeLock(join(test.install.paths.locks, 'images'));
    const { failure } = bring(test, manager);
    expect(await starterOf(test)).toBe(starter);
    expect(calls()).toEqual(starter === undefined ? [] : [`start ${service.name}`]);
    rmSync(test.install.paths.images, { recursive: true, force: true });
    writeFileSync(test.install.paths.images, '');
    await lock[Symbol.asyncDispose]();
    expect(await failure).toBeInstanceOf(Error);
  });

  it('is told to renew a service that would run something else, and nothing is started', async () => {
    await using test = await testInstall();
    const { service, calls } = managerOf(test);
    writeFileSync(service.path, '[Service]\nExecStart=/elsewhere/cynode up --quiet\n');
    const started = startService(service, test.install, context(test));
    await expect(started).rejects.toMatchObject({
      code: 'setup',
      message: expect.stringMatching(/renew it with: cynode up --service/),
    });
    expect(calls()).toEqual([]);
  });

  it.each([
    [
      'cannot be asked',
      { start: 'echo no bus >&2; exit 1' },
      /no bus; where it can: systemctl start cynode/,
    ],
    [
      'fails',
      { show: 'echo ActiveState=failed' },
      /does not start; see: journalctl -u cynode-\w+ -n 50/,
    ],
    [
      'ends again and again',
      { start: 'true', show: 'echo ActiveState=activating; echo NRestarts=3' },
      /does not start; see: journalctl/,
    ],
  ])('says what to do where the service %s', async (_what, ways, words) => {
    await using test = await testInstall();
    const { service, stand } = managerOf(test, { start: 'true', ...ways });
    await stand();
    const started = startService(service, test.install, context(test));
    await expect(started).rejects.toThrow(words);
  });

  it('that is called off is stopped, however far the service has come', async () => {
    await using test = await testInstall();
    const { manager, service, calls, stand } = managerOf(test, { start: 'true' });
    await stand();
    const lock = await takeLock(join(test.install.paths.locks, 'images'));
    const { ending, failure } = bring(test, manager);
    await waitFor(() => calls().length > 0, {
      what: 'the service is started',
      within: 60_000,
    });
    ending.abort();
    expect(await failure).toBeInstanceOf(Error);
    await lock[Symbol.asyncDispose]();
    expect(calls()).toEqual([`start ${service.name}`, `stop ${service.name}`]);
    expect(runningStack(test.install)).toBeUndefined();
  });

  it.each([
    [true, ['disable --now', 'daemon-reload']],
    [false, []],
  ])('loses its service where systemd runs the machine: %s', async (isThere, words) => {
    await using test = await testInstall();
    const { service, calls, stand } = managerOf(test, {}, isThere);
    await stand();
    const wanted = join(
      dirname(service.path),
      'multi-user.target.wants',
      `${service.name}.service`,
    );
    mkdirSync(dirname(wanted));
    symlinkSync(service.path, wanted);
    await removeService(service, test.env);
    expect(existsSync(service.path)).toBe(false);
    expect(calls().map((line) => line.replace(` ${service.name}`, ''))).toEqual(words);
    // Else it is the manager that takes its own link away.
    if (!isThere) expect(readdirSync(dirname(wanted))).toEqual([]);
  });
});
