import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type TemporaryDirectory, temporaryDirectory, waitFor } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres, stopPostgres } from '../src/postgres/index.ts';

const fast = { fsync: 'off' };

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

const start = (signal?: AbortSignal): Promise<PostgresServer> =>
  startPostgres({ dataDir, socketDir, extraSettings: fast, ...(signal && { signal }) });

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ answer: unknown }>(sql)).rows[0]?.answer;
  } finally {
    await client.end();
  }
}

/** Pids of processes that have the data folder in their arguments. */
async function processes(): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.includes(dataDir) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

/** A starter in a process of its own; it answers with the pid of its server. */
async function starter(): Promise<{ process: Child; pid: number; adopted: boolean }> {
  const program = join(folder.path, 'starter.ts');
  const entry = new URL('../src/postgres/index.ts', import.meta.url).href;
  await writeFile(
    program,
    `import { startPostgres } from ${JSON.stringify(entry)};
     const [dataDir, socketDir] = process.argv.slice(2);
     const { pid, adopted } = await startPostgres({ dataDir, socketDir, extraSettings: { fsync: 'off' } });
     console.log(pid, adopted);
     setInterval(() => {}, 60_000);`,
  );
  const child = Child.ofScript(program, [dataDir, socketDir], {
    env: { SECRET_OF_STARTER: 'tell-nobody' },
  });
  const [, pid, adopted] = await child.printed(/^(\d+) (true|false)$/m);
  return { process: child, pid: Number(pid), adopted: adopted === 'true' };
}

async function kill(child: Child): Promise<void> {
  child.kill();
  await child.exit;
}

describe('a first start', () => {
  it('makes a cluster that is private, sorts by bytes and asks for a password', async () => {
    const server = await start();
    expect(server.adopted).toBe(false);
    expect(server.isRunning()).toBe(true);
    const facts = `SELECT jsonb_build_object(
      'encoding', pg_encoding_to_char(encoding), 'provider', datlocprovider, 'locale', datlocale,
      'tcp', current_setting('listen_addresses'), 'zone', current_setting('timezone'),
      'user', current_user, 'database', current_database(),
      'rights', (SELECT jsonb_build_array(rolsuper, rolcreatedb, rolcreaterole) FROM pg_roles
        WHERE rolname = current_user)) AS answer
      FROM pg_database WHERE datname = current_database()`;
    expect(await ask(server.url(), facts)).toEqual({
      encoding: 'UTF8',
      provider: 'b',
      locale: 'C.UTF-8',
      tcp: '',
      zone: 'UTC',
      user: 'cynode',
      database: 'cynode',
      rights: [false, false, false],
    });
    const wrong = server.url().replace(/:[^:@]+@/, ':wrong@');
    await expect(ask(wrong, 'SELECT 1 AS answer')).rejects.toMatchObject({ code: '28P01' });
    expect(await ask(server.adminUrl, 'SELECT current_user::text AS answer')).toBe('postgres');
    const stored = `SELECT left(rolpassword, 13) AS answer FROM pg_authid WHERE rolname = 'cynode'`;
    expect(await ask(server.adminUrl, stored)).toBe('SCRAM-SHA-256');
    await server.stop();
  });

  it('keeps its files to their owner and its passwords out of log, arguments and environment', async () => {
    const one = await starter();
    const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
    expect(await mode(dataDir)).toBe(0o700);
    expect(await mode(socketDir)).toBe(0o700);
    const secrets: string[] = [];
    for (const name of ['owner.password', 'application.password']) {
      expect(await mode(join(dataDir, name))).toBe(0o600);
      secrets.push((await readFile(join(dataDir, name), 'utf8')).trim());
    }
    expect(await mode(join(dataDir, 'server.log'))).toBe(0o600);
    const shown = await Promise.all(
      [`/proc/${one.pid}/cmdline`, `/proc/${one.pid}/environ`, join(dataDir, 'server.log')].map(
        (path) => readFile(path, 'utf8'),
      ),
    );
    for (const secret of [...secrets, 'tell-nobody']) {
      expect(secret.length).toBeGreaterThan(10);
      expect(shown.join('\n')).not.toContain(secret);
    }
    expect((await readdir(dataDir)).toSorted()).toEqual([
      'application.password',
      'cluster',
      'owner.password',
      'server.log',
    ]);
    await kill(one.process);
  });

  it('does not print passwords when the server is printed', async () => {
    const server = await start();
    expect(inspect(server)).not.toContain('postgresql://');
    await server.stop();
  });
});

describe('a server', () => {
  it('is gone without a trace after stop, and its data is there at the next start', async () => {
    const first = await start();
    await ask(first.url(), `CREATE TABLE kept AS SELECT 42 AS answer`);
    await first.stop();
    expect(first.isRunning()).toBe(false);
    expect(await processes()).toEqual([]);
    expect(await readdir(socketDir)).toEqual([]);
    await first.stop();
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await ask(second.url(), 'SELECT answer FROM kept')).toBe(42);
    await second.stop();
    expect(await stopPostgres(dataDir)).toBe(false);
  });

  it('ends sessions that are open when it is stopped', async () => {
    const server = await start();
    const client = new Client({ connectionString: server.url() });
    const lost = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await server.stop();
    expect(await lost).toMatchObject({ code: '57P01' });
  });

  it('outlives a starter that is killed, and is adopted by the next one', async () => {
    const one = await starter();
    await kill(one.process);
    const server = await start();
    expect(server).toMatchObject({ adopted: true, pid: one.pid });
    expect(await ask(server.url(), 'SELECT 1 AS answer')).toBe(1);
    await server.stop();
    expect(await processes()).toEqual([]);
  });

  it('leads a process group of its own, so that Ctrl-C does not reach it', async () => {
    const server = await start();
    const fields = (await readFile(`/proc/${server.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ');
    const [group, session] = [Number(fields?.[2]), Number(fields?.[3])];
    expect([group, session]).toEqual([server.pid, server.pid]);
    await server.stop();
  });

  it('starts again after it was killed', async () => {
    const first = await start();
    await ask(first.url(), `CREATE TABLE kept AS SELECT 42 AS answer`);
    process.kill(first.pid, 'SIGKILL');
    await waitFor(() => !first.isRunning());
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await ask(second.url(), 'SELECT answer FROM kept')).toBe(42);
    await second.stop();
    expect(await processes()).toEqual([]);
  });

  it('starts although the pid of a killed one belongs to another process by now', async () => {
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    await waitFor(() => !first.isRunning());
    const stranger = new Child('sleep', ['1000']);
    try {
      for (const path of ['data/cluster/postmaster.pid', 's/.s.PGSQL.5432.lock']) {
        const text = await readFile(join(folder.path, path), 'utf8');
        await writeFile(join(folder.path, path), text.replace(/^\d+/, String(stranger.pid)));
      }
      const second = await start();
      expect(second.adopted).toBe(false);
      await second.stop();
      expect(stranger.running).toBe(true);
    } finally {
      await kill(stranger);
    }
  });

  it('neither takes nor ends the server of another install that has its pid by now', async () => {
    const other = { dataDir: join(folder.path, 'other'), socketDir: join(folder.path, 'o') };
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    await waitFor(() => !first.isRunning());
    const stranger = await startPostgres({ ...other, extraSettings: fast });
    try {
      for (const path of ['data/cluster/postmaster.pid', 's/.s.PGSQL.5432.lock']) {
        const text = await readFile(join(folder.path, path), 'utf8');
        await writeFile(join(folder.path, path), text.replace(/^\d+/, String(stranger.pid)));
      }
      expect(await stopPostgres(dataDir)).toBe(false);
      const second = await start();
      expect(second).toMatchObject({ adopted: false });
      expect(second.pid).not.toBe(stranger.pid);
      await second.stop();
      expect(stranger.isRunning()).toBe(true);
    } finally {
      await stopPostgres(other.dataDir);
    }
  });
});

it('is one server for three starters at once', async () => {
  const servers = await Promise.all([start(), start(), start()]);
  expect(new Set(servers.map((server) => server.pid)).size).toBe(1);
  expect(servers.filter((server) => !server.adopted)).toHaveLength(1);
  expect((await readdir(dataDir)).filter((name) => name.startsWith('cluster'))).toEqual([
    'cluster',
  ]);
  expect(await ask(servers[0].url(), 'SELECT 1 AS answer')).toBe(1);
  await servers[0].stop();
  expect(await processes()).toEqual([]);
});
