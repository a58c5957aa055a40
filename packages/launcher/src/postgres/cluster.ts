import { errorCodeOf } from '@cynodeai/runtime/std';
import { runCommand, isAlive } from '@cynodeai/runtime/process';
import { mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedMajorVersion } from './binaries.ts';
import { confinedPostgres, serverEnv } from './confine.ts';
import { PostgresError } from './errors.ts';
import { missingFile } from './secret-file.ts';

/** The role that owns the cluster; only the supervisor uses it. */
export const superuser = 'postgres';

export interface ClusterOptions {
  readonly binDir: string;
  readonly dataDir: string;
  readonly passwordFile: string;
  /** False leaves the new files to the page cache; for tests. */
  readonly durable: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The folder of the cluster, made when there is none: it is initialised aside and renamed, so that an interrupted
 * start leaves nothing half made and of two starters one wins.
 * @throws PostgresError `postgres_init_failed` or `postgres_version_mismatch`.
 */
export async function ensureCluster(options: ClusterOptions): Promise<string> {
  const clusterDir = join(options.dataDir, 'cluster');
  if ((await versionOf(clusterDir)) === undefined) await initialise(clusterDir, options);
  const [have, want] = [await versionOf(clusterDir), await embeddedMajorVersion(options.binDir)];
  if (have !== want) {
    throw new PostgresError(
      'postgres_version_mismatch',
      `${clusterDir} was made by PostgreSQL ${have ?? 'unknown'}, this release brings ${want}; dump it with the old release and restore it here, or move the folder away to start empty`,
    );
  }
  return clusterDir;
}

async function versionOf(clusterDir: string): Promise<string | undefined> {
  return (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8').catch(missingFile))?.trim();
}

const draftPrefix = 'cluster.draft-';

async function initialise(clusterDir: string, options: ClusterOptions): Promise<void> {
  await removeDrafts(options.dataDir);
  const draft = await mkdtemp(join(options.dataDir, `${draftPrefix}${process.pid}-`));
  const initdb = confinedPostgres({
    program: join(options.binDir, 'initdb'),
    args: [
      `--pgdata=${draft}`,
      `--username=${superuser}`,
      `--pwfile=${options.passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--locale=C.UTF-8',
      '--no-instructions',
      ...(options.durable ? [] : ['--no-sync']),
    ],
  });
  try {
    const result = await runCommand(initdb.program, initdb.args, {
      env: serverEnv,
      timeoutMs: 120_000,
      ...(options.signal && { signal: options.signal }),
    });
    options.signal?.throwIfAborted();
    if (result.exitCode !== 0) {
      const reason = result.stderr.trim().split('\n').slice(-3).join('; ');
      throw new PostgresError('postgres_init_failed', `initdb failed: ${reason}`);
    }
    await rename(draft, clusterDir).catch((error: unknown) => {
      // Another starter was faster.
      if (errorCodeOf(error) !== 'ENOTEMPTY') throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes what starters that died meanwhile left behind. */
async function removeDrafts(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = Number(new RegExp(`^${draftPrefix}(\\d+)-`).exec(name)?.[1]);
    if (!Number.isNaN(pid) && !isAlive(pid)) {
      await rm(join(dataDir, name), { recursive: true, force: true });
    }
  }
}
