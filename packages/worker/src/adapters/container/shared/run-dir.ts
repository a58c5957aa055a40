import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { WorkerError } from '../../../domain/errors.ts';
import type { HostFacts } from './host.ts';

export interface RunDirSource {
  /** Absolute or relative to the working directory; so is the next. */
  readonly stateDir: string;
  /** CYNODE_RUN_DIR. */
  readonly runDir?: string | undefined;
  /** XDG_RUNTIME_DIR. */
  readonly xdgRuntimeDir?: string | undefined;
}

/** The short folder for sockets and volatile files: what was asked for, else one of the user's runtime folders. */
export function runDirOf(source: RunDirSource, uid: number): string {
  const { stateDir, runDir, xdgRuntimeDir } = source;
  if (runDir !== undefined) return resolve(runDir);
  const id = createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 8);
  if (xdgRuntimeDir !== undefined) return join(xdgRuntimeDir, 'cynode', id);
  return uid === 0 ? join('/run/cynode', id) : `/tmp/cynode-${uid}-${id}`;
}

/** The part of it for this boot of the host: what an earlier boot left is not taken for something that lives. */
export function bootDirOf(
  source: RunDirSource,
  { uid, bootId }: Pick<HostFacts, 'uid' | 'bootId'>,
) {
  return join(runDirOf(source, uid), bootId.replaceAll('-', '').slice(0, 8));
}

/**
 * Makes a directory in a place others may write; it must be ours, or someone else could have planted it.
 * @throws WorkerError `engine_unusable`
 */
export async function makePrivateDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { uid } = await lstat(path);
  if (uid !== process.getuid?.()) {
    throw new WorkerError(
      'engine_unusable',
      `${path} belongs to another user: set CYNODE_RUN_DIR to a directory of your own`,
    );
  }
}
