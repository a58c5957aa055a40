import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Env } from '@cynodeai/runtime/config';
import { type ArchiveFile, errorCodeOf, parseJson } from '@cynodeai/runtime/std';
import { Client } from 'pg';
import { z } from 'zod';
import { LauncherError } from '../base/launcher-error.ts';
import { type Install, openInstall } from '../install/install.ts';
import { homeDirOf } from '../install/paths.ts';
import { startPostgres } from '../postgres/index.ts';
import { manifestName } from './backup.ts';
import { openSealed } from './sealed-file.ts';

const pathSchema = z
  .string()
  .max(512)
  .regex(/^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^\0/][^\0]*$/, 'must be a path inside');
const manifestSchema = z.object({
  version: z.literal(1),
  folders: z.array(pathSchema).max(10_000),
});

async function textOf(file: ArchiveFile): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of file.chunks) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

async function write(home: string, { name, chunks }: ArchiveFile): Promise<void> {
  const path = join(home, pathSchema.parse(name));
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, chunks, { flag: 'wx', mode: 0o600, flush: true });
}

/** Makes the files of a backup below an empty folder. @throws LauncherError `usage`, and faults of the disk */
export async function unpack(home: string, path: string, passphrase: string): Promise<void> {
  let isFirst = true;
  for await (const file of openSealed(path, passphrase)) {
    if (!isFirst) {
      await write(home, file);
      continue;
    }
    isFirst = false;
    const manifest =
      file.name === manifestName
        ? manifestSchema.safeParse(parseJson(await textOf(file)))
        : undefined;
    if (manifest?.data === undefined) {
      throw new LauncherError('usage', `${path} is no backup that this version of cynode knows`);
    }
    for (const folder of manifest.data.folders) {
      await mkdir(join(home, folder), { recursive: true, mode: 0o700 });
    }
  }
}

/** What ran when the backup was made has had its effects elsewhere: it is not run once more. */
const endWhatRan = `
  WITH ran AS (
    UPDATE jobs SET attempt = greatest(attempt, 1000000), lease_expires_at = now()
    WHERE status = 'running' RETURNING 1
  )
  SELECT (SELECT count(*) FROM ran)::int AS ran, (SELECT count(*) FROM tasks)::int AS tasks`;

export interface Restored {
  readonly install: Install;
  readonly tasks: number;
  /** Tasks that ran when the backup was made; they fail. */
  readonly ran: number;
}

/** Lets the database become whole, which its server does at its first start. */
async function settle(install: Install): Promise<Omit<Restored, 'install'>> {
  const { paths, runDir } = install;
  const server = await startPostgres({ dataDir: paths.postgres, socketDir: join(runDir, 'pg') });
  const client = new Client({ connectionString: server.url(), application_name: 'cynode-restore' });
  try {
    await client.connect();
    const { rows } = await client.query<Omit<Restored, 'install'>>(endWhatRan);
    const [counted] = rows;
    return counted ?? { tasks: 0, ran: 0 };
  } finally {
    await client.end().catch(() => {});
    await server.stop();
  }
}

function taken(home: string, cause?: unknown): LauncherError {
  const message = `${home} holds an install or other files; name an empty folder by CYNODE_HOME, or delete the install with: cynode reset`;
  return new LauncherError('usage', message, { cause });
}

/**
 * Makes the install of a backup where there is none yet; it is there whole or not at all, and does not run.
 * See docs/reference/processes.md#backup. @throws LauncherError `usage`, PostgresError
 */
export async function restore(env: Env, path: string, passphrase: string): Promise<Restored> {
  const named = homeDirOf(env);
  const isThere = existsSync(named);
  const home = isThere ? realpathSync(named) : named;
  if (isThere && readdirSync(home).length > 0) throw taken(home);
  const draft = `${home}.restoring`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    await unpack(draft, path, passphrase);
    // An empty folder gives way; one that somebody has put something into meanwhile does not.
    await rename(draft, home).catch((cause: unknown) => {
      const isTaken = ['ENOTEMPTY', 'EEXIST'].includes(errorCodeOf(cause) ?? '');
      throw isTaken ? taken(home, cause) : cause;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  try {
    const install = await openInstall(env);
    return { install, ...(await settle(install)) };
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}
