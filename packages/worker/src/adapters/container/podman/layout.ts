import { mkdir, readdir, readFile, readlink, rm, symlink, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import { makePrivateDir } from '../shared/run-dir.ts';
import { sandboxHosts } from '../sandbox-rules.ts';
import { seccompProfile } from '../seccomp/profile.ts';
import type { EnginePaths } from './paths.ts';

const containersConf = `# Written by the node; the host's own containers.conf is not read.
[containers]
env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
http_proxy = false
log_driver = "none"
pids_limit = 0
[engine]
events_logger = "none"
`;

/** The flags of every call override these values; the engine refuses a file without them. */
const storageConf = (
  paths: EnginePaths,
): string => `# Written by the node; the host's own storage.conf is not read.
[storage]
driver = "overlay"
runroot = ${JSON.stringify(paths.run)}
graphroot = ${JSON.stringify(join(paths.root, 'storage', 'overlay'))}
`;

/** Writes in one step and only when the content differs, so that a running engine never reads half a file. */
async function put(path: string, content: string, mode = 0o644): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === content) return;
  await writeFileAtomic(path, content, { mode });
}

/**
 * Makes the folders and files the private engine needs; existing ones stay.
 * @throws WorkerError `engine_unusable` when the run folder belongs to another user
 */
export async function prepareLayout(paths: EnginePaths): Promise<void> {
  await makePrivateDir(dirname(paths.run));
  await makePrivateDir(paths.run);
  for (const dir of [paths.home, paths.temp, dirname(paths.hostsFile)]) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  }
  for (const dir of [paths.pidDir, paths.keptDir, paths.xdgRuntimeDir, paths.libpodTemp]) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  }
  await put(paths.configFile, containersConf);
  await put(paths.storageConfigFile, storageConf(paths));
  await put(paths.hostsFile, sandboxHosts);
  await put(paths.resolvFile, '');
  await put(paths.seccompFile, seccompProfile(process.arch), 0o600);
}

/** Where the engine keeps what it knows of containers, their variables among it. */
function databaseDir(storage: string, run: string): string {
  return join(run, `db-${basename(storage)}`);
}

/** In a database's folder: whose it is. */
const ownerFile = 'storage';

/** A storage told apart from every copy of it; moved on its disk it stays the same. */
async function ownerText(storage: string): Promise<string> {
  const { dev, ino } = await stat(storage);
  return `${dev}:${ino}`;
}

/**
 * The run folder the storage was last used with, unless it is this one. What a copy of a storage names is the run folder
 * of the original, whose containers are not its own.
 */
export async function previousRun(
  storage: string,
  paths: EnginePaths,
): Promise<string | undefined> {
  const target = await readlink(join(storage, 'libpod')).catch(() => undefined);
  if (target === undefined || dirname(target) === paths.run) return undefined;
  const owner = await readFile(join(target, ownerFile), 'utf8').catch(() => undefined);
  const isOurs = owner === undefined || owner === (await ownerText(storage));
  return isOurs ? dirname(target) : undefined;
}

/** The name of a run folder: the boot it belongs to. */
const bootName = /^[0-9a-f]{8}$/;

/**
 * Removes the run folders of earlier boots: where `/tmp` or `/run` is on a disk, a power cut leaves the variables of
 * the jobs of that moment in them.
 */
export async function dropEarlierBoots(run: string): Promise<void> {
  const place = dirname(run);
  for (const name of await readdir(place).catch(() => [])) {
    const stale = bootName.test(name) && name !== basename(run);
    if (stale) await rm(join(place, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** The database of newer engines, beside the folder of older ones, and what its library puts next to it. */
const database = { file: 'db.sql', besides: ['db.sql-wal', 'db.sql-shm', 'db.sql-journal'] };

/** A link in place of whatever is there. */
async function link(path: string, target: string): Promise<void> {
  if ((await readlink(path).catch(() => undefined)) === target) return;
  await rm(path, { recursive: true, force: true });
  await symlink(target, path);
}

/**
 * Makes the engine keep its database in the run folder, wherever its version looks for it. It would otherwise leave the
 * variables of jobs in the state folder, and it refuses a database of another run folder, whose name changes with
 * every boot. Containers never outlive their job and images are kept elsewhere, so nothing is lost.
 * @returns true when the database is new, so that the storage may hold containers nobody knows
 */
export async function linkDatabase(storage: string, paths: EnginePaths): Promise<boolean> {
  await mkdir(storage, { recursive: true, mode: 0o700 });
  const target = databaseDir(storage, paths.run);
  const fresh = (await mkdir(target, { recursive: true, mode: 0o700 })) !== undefined;
  await put(join(target, ownerFile), await ownerText(storage), 0o600);
  await link(join(storage, 'libpod'), target);
  await link(join(storage, database.file), join(target, database.file));
  for (const name of database.besides) await rm(join(storage, name), { force: true });
  return fresh;
}

/** Forgets what the engine knows of containers, which do not outlive their job; images are kept elsewhere. */
export async function dropDatabase(storage: string, paths: EnginePaths): Promise<void> {
  await rm(databaseDir(storage, paths.run), { recursive: true, force: true });
  await rm(join(storage, database.file), { force: true });
}
