import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
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
