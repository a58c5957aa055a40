import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { chmod, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { WorkerError } from '../../domain/errors.ts';
import type { SecretFiles } from '../../ports/secret-files.ts';

/** What `statfs` calls tmpfs and ramfs. */
const memoryTypes: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

export interface MemoryFilesOptions {
  /** Tells the nodes of a machine apart. */
  readonly stateDir: string;
  readonly nodeSlug: string;
  /** XDG_RUNTIME_DIR. */
  readonly userRuntimeDir?: string | undefined;
}

function isInMemory(path: string): boolean {
  try {
    return memoryTypes.has(statfsSync(path).type);
  } catch {
    return false;
  }
}

/**
 * Makes the folder where it is missing. Anybody may have made it first, or a link of that name, where all may write: such
 * a one is not used.
 */
function isOurs(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stats = lstatSync(folder);
    if (!stats.isDirectory() || stats.uid !== process.getuid?.()) return false;
    chmodSync(folder, 0o700);
    return true;
  } catch {
    return false;
  }
}

/** A folder of this node's own in one that is memory; undefined where the machine has none. */
function folderOf({ stateDir, nodeSlug, userRuntimeDir }: MemoryFilesOptions): string | undefined {
  const places = [...(userRuntimeDir === undefined ? [] : [userRuntimeDir]), '/dev/shm', '/run'];
  const id = createHash('sha256').update(`${stateDir}\n${nodeSlug}`).digest('hex').slice(0, 12);
  for (const place of places) {
    if (!isInMemory(place)) continue;
    const folder = join(place, `cynode-secrets-${id}`);
    if (isOurs(folder)) return folder;
  }
  return undefined;
}

/** Secrets as files of a file system in memory. It may be swapped out where the machine has swap. */
export function memoryFiles(options: MemoryFilesOptions): SecretFiles {
  const folder = folderOf(options);
  const removeAt = async (path: string): Promise<void> => {
    // Its owner may not write it.
    await chmod(path, 0o700).catch(() => {});
    await rm(path, { recursive: true, force: true });
  };
  // An install that is gone leaves nothing in memory; one that has other jobs keeps the folder.
  const leave = async (): Promise<void> => {
    if (folder !== undefined) await rmdir(folder).catch(() => {});
  };
  return {
    isUsable: folder !== undefined,

    write: async (jobId, secrets, owner) => {
      const none = 'this node has no folder in memory for secrets; mount a tmpfs at /dev/shm';
      if (folder === undefined || !isOurs(folder)) {
        throw new WorkerError('node_policy_refused', none);
      }
      const path = join(folder, jobId);
      try {
        await removeAt(path);
        // Once more: the end of another job takes an empty folder away.
        if (!isOurs(folder)) throw new WorkerError('node_policy_refused', none);
        mkdirSync(path, { mode: 0o700 });
        for (const { name, value } of secrets) {
          const file = join(path, name);
          writeFileSync(file, value, { mode: 0o400, flag: 'wx' });
          if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
        }
        if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
        chmodSync(path, 0o500);
        return path;
      } catch (error) {
        await removeAt(path);
        throw error;
      }
    },

    remove: async (jobId) => {
      if (folder === undefined) return;
      await removeAt(join(folder, jobId));
      await leave();
    },

    removeStrays: async (lives = () => false) => {
      if (folder === undefined) return [];
      const strays = (await readdir(folder).catch(() => [])).filter((jobId) => !lives(jobId));
      for (const jobId of strays) await removeAt(join(folder, jobId));
      await leave();
      return strays;
    },
  };
}
