import { mkdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from '@cynodeai/testing';
import { Client } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { ClusterBackup, type PostgresServer, startPostgres } from '../src/postgres/index.ts';

async function folder(): Promise<string> {
  const dir = await temporaryDirectory();
  onTestFinished(() => dir[Symbol.asyncDispose]());
  return dir.path;
}

async function started(base: string): Promise<PostgresServer> {
  const server = await startPostgres({
    dataDir: join(base, 'data'),
    socketDir: join(base, 's'),
    extraSettings: { fsync: 'off' },
  });
  onTestFinished(() => (server.isRunning() ? server.stop() : undefined));
  return server;
}

async function connected(server: PostgresServer): Promise<Client> {
  const client = new Client({ connectionString: server.url() });
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  return client;
}

/** Writes a copy of a running cluster as an install of it would be made. */
async function copied(backup: ClusterBackup, base: string): Promise<void> {
  const cluster = join(base, 'data', 'cluster');
  for (const path of backup.folders)
    mkdirSync(join(cluster, path), { recursive: true, mode: 0o700 });
  for await (const { name, chunks, sizeBytes } of backup.files()) {
    const pieces: Uint8Array[] = [];
    for await (const piece of chunks) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    expect(bytes.length).toBe(sizeBytes);
    await mkdir(dirname(join(cluster, name)), { recursive: true, mode: 0o700 });
    await writeFile(join(cluster, name), bytes, { mode: 0o600 });
  }
}

it('a copy of a running cluster has all that was committed before its end, and is a cluster', async () => {
  const [from, to] = [await folder(), await folder()];
  const server = await started(from);
  const client = await connected(server);
  await client.query('CREATE TABLE row (n int, text text)');
  await client.query(`INSERT INTO row SELECT n, repeat('x', 500) FROM generate_series(1, 5000) n`);
  {
    await using backup = await ClusterBackup.begin(server, join(from, 'data', 'cluster'));
    // What comes while it is copied, over several segments of its log.
    await client.query(
      `INSERT INTO row SELECT n, repeat('y', 500) FROM generate_series(5001, 60000) n`,
    );
    mkdirSync(join(to, 'data', 'cluster'), { recursive: true, mode: 0o700 });
    for (const name of ['owner.password', 'application.password']) {
      await writeFile(join(to, 'data', name), await readFile(join(from, 'data', name)), {
        mode: 0o600,
      });
    }
    await copied(backup, to);
  }
  await client.query('INSERT INTO row VALUES (0, NULL)');
  const { rows: slots } = await client.query('SELECT 1 FROM pg_replication_slots');
  expect(slots).toEqual([]);
  const copy = await connected(await started(to));
  const { rows } = await copy.query(
    'SELECT count(*)::int AS count, max(n) AS last, min(n) AS first FROM row',
  );
  expect(rows).toEqual([{ count: 60_000, last: 60_000, first: 1 }]);
}, 120_000);

it('a cluster that does not run cannot be copied, which is said', async () => {
  const base = await folder();
  const server = await started(base);
  await server.stop();
  await expect(ClusterBackup.begin(server, join(base, 'data', 'cluster'))).rejects.toMatchObject({
    code: 'postgres_backup_failed',
  });
}, 60_000);

it('a server that ends while it is copied ends the copy with its reason', async () => {
  const base = await folder();
  const server = await started(base);
  await using backup = await ClusterBackup.begin(server, join(base, 'data', 'cluster'));
  await server.stop();
  const all = async (): Promise<void> => {
    for await (const { name } of backup.files()) expect(name).not.toBe('');
  };
  await expect(all()).rejects.toMatchObject({
    code: 'postgres_backup_failed',
  });
}, 60_000);
