import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createHash } from 'node:crypto';
import type { Env } from '@cynodeai/runtime/config';

/** The checkout this launcher runs from. */
export const checkoutDir = resolve(import.meta.dirname, '../../../..');

/** State folder: `CYNODE_HOME`, else `$XDG_STATE_HOME/cynode`, else `~/.local/state/cynode`. */
export function homeDirOf(env: Env): string {
  if (env['CYNODE_HOME']) return resolve(env['CYNODE_HOME']);
  if (env['XDG_STATE_HOME']) return resolve(env['XDG_STATE_HOME'], 'cynode');
  return join(env['HOME'] ?? homedir(), '.local/state/cynode');
}

/** Names of everything under a state folder. */
export interface HomePaths {
  readonly home: string;
  readonly settings: string;
  readonly state: string;
  readonly session: string;
  readonly secrets: string;
  readonly logs: string;
  readonly locks: string;
  readonly images: string;
  readonly postgres: string;
  readonly artifacts: string;
  readonly node: string;
}

export function pathsOf(home: string): HomePaths {
  return {
    home,
    settings: join(home, 'install.json'),
    state: join(home, 'stack.json'),
    session: join(home, 'session.json'),
    secrets: join(home, 'secrets'),
    logs: join(home, 'logs'),
    locks: join(home, 'locks'),
    images: join(home, 'images'),
    postgres: join(home, 'postgres'),
    artifacts: join(home, 'artifacts'),
    node: join(home, 'node'),
  };
}

/** Folders that grow with tasks; each may be a disk of its own. */
export function storageDirsOf(home: string): readonly string[] {
  const { postgres, artifacts } = pathsOf(home);
  return [home, postgres, artifacts];
}

/** Longest path a Unix socket may have, bytes. */
export const socketPathBytes = 107;

/**
 * Folders for sockets in order of preference. They are short because a socket's path is limited, and end in eight
 * hex digits of the state folder's path, so that installs do not meet.
 */
export function runDirCandidates(home: string, env: Env, uid: number): string[] {
  const id = createHash('sha256').update(home).digest('hex').slice(0, 8);
  const runtime = env['XDG_RUNTIME_DIR'];
  const candidates = [
    ...(uid === 0 ? [`/run/cynode/${id}`] : []),
    ...(runtime ? [join(runtime, 'cynode', id)] : []),
    `/tmp/cynode-${uid}/${id}`,
  ];
  // The longest socket name below it, with room to spare.
  return candidates.filter((path) => Buffer.byteLength(path) + 45 <= socketPathBytes);
}

/** The folder above the install's own, which other installs share. */
export const sharedPartOf = (runDir: string): string => dirname(runDir);
