import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, runCommand } from '@cynodeai/runtime/process';
import { cacheDir } from './install.ts';

/** A pgbench that runs here, and where its library is. */
export interface Pgbench {
  readonly program: string;
  readonly libraries: string | undefined;
}

function under(root: string): string | undefined {
  const versions = join(root, 'usr/lib/postgresql');
  if (!existsSync(versions)) return undefined;
  return readdirSync(versions)
    .map((version) => join(versions, version, 'bin/pgbench'))
    .find((path) => existsSync(path));
}

/** The distribution's package of the server, which holds pgbench, and of the library it needs; unpacked, not installed. */
async function fetchInto(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const depends = await mustRun('apt-cache', ['depends', 'postgresql']);
  const server = /Depends: (postgresql-\d+)$/m.exec(depends)?.[1];
  if (server === undefined) throw new Error('the distribution names no PostgreSQL server package');
  await mustRun('apt-get', ['download', server, 'libpq5'], { cwd: dir, timeoutMs: 300_000 });
  for (const name of readdirSync(dir).filter((file) => file.endsWith('.deb'))) {
    await mustRun('dpkg', ['-x', join(dir, name), dir]);
    rmSync(join(dir, name));
  }
}

/** Finds pgbench, or fetches it once from the distribution. @throws when there is none to be had. */
export async function findPgbench(): Promise<Pgbench> {
  const installed = under('/');
  if (installed !== undefined) return { program: installed, libraries: undefined };
  const dir = join(cacheDir, 'pgbench');
  if (under(dir) === undefined) await fetchInto(dir);
  const program = under(dir);
  if (program === undefined) throw new Error('the package of the server holds no pgbench');
  const lib = join(dir, 'usr/lib');
  const arch = readdirSync(lib).find((name) => existsSync(join(lib, name, 'libpq.so.5')));
  return { program, libraries: arch === undefined ? undefined : join(lib, arch) };
}

export interface PgbenchRun {
  readonly databaseUrl: string;
  readonly script: string;
  readonly scriptPath: string;
  readonly clients: number;
  /** Runs of the script in all; a multiple of `clients`. */
  readonly transactions: number;
}

/** Runs a script; scripts a second. @throws when one of them failed. */
export async function runPgbench(pgbench: Pgbench, run: PgbenchRun): Promise<number> {
  writeFileSync(run.scriptPath, run.script);
  const url = new URL(run.databaseUrl.replace('@/', '@socket/'));
  const { exitCode, stdout, stderr } = await runCommand(
    pgbench.program,
    [
      '--no-vacuum',
      '--protocol=simple',
      `--client=${run.clients}`,
      '--jobs=2',
      `--transactions=${run.transactions / run.clients}`,
      `--file=${run.scriptPath}`,
      decodeURIComponent(url.pathname.slice(1)),
    ],
    {
      env: {
        PATH: '/usr/bin:/bin',
        PGHOST: url.searchParams.get('host') ?? '',
        PGPORT: url.searchParams.get('port') ?? '5432',
        PGUSER: decodeURIComponent(url.username),
        PGPASSWORD: decodeURIComponent(url.password),
        ...(pgbench.libraries !== undefined && { LD_LIBRARY_PATH: pgbench.libraries }),
      },
      timeoutMs: 300_000,
    },
  );
  const done = /actually processed: (\d+)\/(\d+)/.exec(stdout);
  const rate = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
  if (exitCode !== 0 || done === null || done[1] !== done[2] || !(rate > 0)) {
    throw new Error(`pgbench failed: ${stderr.trim().slice(-600)}`);
  }
  return rate;
}
