import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import type { DatabaseChoice } from '../src/domain/database.ts';
import { keptDatabase } from '../src/install/database-choice.ts';
import { startPostgres, stopPostgres } from '../src/postgres/index.ts';
import { settleDatabase } from '../src/setup/settle-database.ts';
import { ensureStack } from '../src/stack/ensure-stack.ts';
import { runningStack } from '../src/stack/running-stack.ts';
import { otherDatabase, restartReason } from '../src/stack/restart-reason.ts';
import { stackStatus } from '../src/stack/status.ts';
import { stopStack } from '../src/stack/stop-stack.ts';
import { waitForGateway } from '../src/stack/wait-for-gateway.ts';
import { oldPostgres } from './fixtures/old-postgres.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

const supervisorEntry = fileURLToPath(new URL('fixtures/fake-supervisor.ts', import.meta.url));
const password = 'canary-password-77ab';

async function settled(
  { install }: TestInstall,
  url?: string,
  database?: DatabaseChoice,
): Promise<string[]> {
  const notes: string[] = [];
  const env = url === undefined ? {} : { DATABASE_URL: url };
  await settleDatabase(install, { env, database, onNote: (text) => void notes.push(text) });
  return notes;
}

const keptBy = ({ install }: TestInstall): string | undefined =>
  keptDatabase(install.paths)?.reveal();

/** A real server of one's own, by its URL. */
async function ownServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = await temporaryDirectory();
  const dataDir = join(folder.path, 'data');
  const server = await startPostgres({
    dataDir,
    socketDir: join(folder.path, 's'),
    extraSettings: { fsync: 'off' },
  });
  return {
    url: server.url(),
    [Symbol.asyncDispose]: async () => {
      await stopPostgres(dataDir);
      await folder.remove();
    },
  };
}

describe('a database of one’s own', () => {
  it('is kept with the install, among the secrets, until somebody goes back', async () => {
    await using test = await testInstall();
    await using server = await ownServer();
    const [note] = await settled(test, server.url);
    expect(note).toMatch(/uses cynode@.* from now on.*; back to .*cynode up --database embedded$/);
    expect(note).not.toContain(new URL(server.url.replace('@/', '@x/')).password);
    expect(keptBy(test)).toBe(server.url);
    const file = join(test.install.paths.secrets, 'database-url');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // Later starts need not name it again, nor are they told again.
    expect(await settled(test)).toEqual([]);
    expect(keptBy(test)).toBe(server.url);
    const [back] = await settled(test, undefined, 'embedded');
    expect(back).toMatch(/uses its own PostgreSQL from now on/);
    expect(existsSync(file)).toBe(false);
    expect(await settled(test)).toEqual([]);
  });

  it.each([
    ['90624', 'it is PostgreSQL 9; 16 or newer is needed'],
    ['150004', 'it is PostgreSQL 15; 16 or newer is needed'],
    ['', 'it does not tell its version; 16 or newer is needed'],
  ])('is refused when its version is %s', async (version, words) => {
    await using test = await testInstall();
    await using server = await oldPostgres(version);
    const failure = settled(test, `postgres://ada:${password}@127.0.0.1:${server.port}/tasks`);
    await expect(failure).rejects.toMatchObject({ code: 'setup' });
    await expect(failure).rejects.toThrow(`ada@127.0.0.1:${server.port}/tasks: ${words}`);
    await expect(failure).rejects.toThrow('cynode up --database embedded');
    await expect(failure).rejects.not.toThrow(password);
    expect(keptBy(test)).toBeUndefined();
  });

  it('is taken when its version will do', async () => {
    await using test = await testInstall();
    await using server = await oldPostgres('160000');
    const url = `postgres://ada:${password}@127.0.0.1:${server.port}/tasks`;
    await settled(test, url);
    expect(keptBy(test)).toBe(url);
  });

  it('is refused when nobody answers, and what was kept stays', async () => {
    await using test = await testInstall();
    await using server = await oldPostgres('170000');
    const url = `postgres://ada@127.0.0.1:${server.port}/tasks`;
    await settled(test, url);
    const failure = settled(test, `postgres://ada:${password}@127.0.0.1:1/tasks`);
    await expect(failure).rejects.toThrow(/ada@127\.0\.0\.1:1\/tasks: it cannot be used: /);
    await expect(failure).rejects.not.toThrow(password);
    expect(keptBy(test)).toBe(url);
  });

  it.each(['mysql://u:p@h/d', 'h', 'host=h dbname=d'])(
    'has to have an address of PostgreSQL, not %s',
    async (url) => {
      await using test = await testInstall();
      await expect(settled(test, url)).rejects.toMatchObject({ code: 'usage' });
    },
  );

  it('is not named together with the way back', async () => {
    await using test = await testInstall();
    const failure = settled(test, 'postgres://h/d', 'embedded');
    await expect(failure).rejects.toMatchObject({ code: 'usage' });
    await expect(failure).rejects.toThrow(/unset DATABASE_URL/);
  });

  it('is used by the next start without being named, and status shows which it is', async () => {
    const named = { DATABASE_URL: `postgres://ada:${password}@127.0.0.1:1/tasks` };
    const other = { DATABASE_URL: `postgres://bob:${password}@127.0.0.1:2/tasks` };
    await using test = await testInstall();
    const start = async (env: object): Promise<string[]> => {
      const signal = AbortSignal.timeout(60_000);
      const onStep = (): void => {};
      const { install } = test;
      await ensureStack({ install, env: { ...test.env, ...env }, signal, onStep, supervisorEntry });
      await waitForGateway(install, signal);
      return (runningStack(install)?.roles ?? []).map(({ name }) => name);
    };
    expect(await start(named)).not.toContain('postgres');
    const state = runningStack(test.install);
    if (state === undefined) throw new Error('the stack is gone');
    const reason = (env: object, choice?: DatabaseChoice): string | undefined =>
      restartReason(test.install, state, { ...test.env, ...env }, choice)?.text;
    expect(reason({})).toBeUndefined();
    expect(reason(named)).toBeUndefined();
    expect(reason(other)).toBe(
      'the running stack uses the database ada@127.0.0.1:1/tasks, not the database bob@127.0.0.1:2/tasks',
    );
    expect(reason({}, 'embedded')).toMatch(/not the install's own PostgreSQL$/);
    expect(otherDatabase(test.install, { ...test.env, ...other })).toMatch(
      /^DATABASE_URL names the database bob.*cynode down, then cynode up$/,
    );
    expect((await stackStatus(test.install)).database).toBe('ada@127.0.0.1:1/tasks');
    await stopStack(test.install);
    expect((await stackStatus(test.install)).database).toBe('ada@127.0.0.1:1/tasks');
    expect(await start({})).not.toContain('postgres');
    expect(existsSync(test.install.paths.postgres)).toBe(false);
  });
});
