import { localPlaceOf, stateFolderOf } from '@cynodeai/api-client/local-install';
import { LauncherError } from '../base/launcher-error.ts';
import { dirname, join, resolve } from 'node:path';
import { createHash } from 'node:crypto';
import type { Env } from '@cynodeai/runtime/config';

/** The checkout this launcher runs from. */
export const checkoutDir = resolve(import.meta.dirname, '../../../..');

/**
 * State folder: `CYNODE_HOME`, else `$XDG_STATE_HOME/cynode`, else `~/.local/state/cynode`.
 * @throws LauncherError `install` where nothing says where that is
 */
export function homeDirOf(env: Env): string {
  const home = stateFolderOf(env);
  if (home !== undefined) return home;
  throw new LauncherError(
    'install',
    'HOME is not set, and this user is in no table of users; set CYNODE_HOME to the folder to keep state in',
  );
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
  /** Certificates and keys of the doors that other machines come to. */
  readonly tls: string;
}

export function pathsOf(home: string): HomePaths {
  const { settings, session } = localPlaceOf(home);
  return {
    home,
    settings,
    state: join(home, 'stack.json'),
    session,
    secrets: join(home, 'secrets'),
    logs: join(home, 'logs'),
    locks: join(home, 'locks'),
    images: join(home, 'images'),
    postgres: join(home, 'postgres'),
    artifacts: join(home, 'artifacts'),
    node: join(home, 'node'),
    tls: join(home, 'tls'),
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
  return candidates.filter((path) => isPlain(path) && path.length <= runDirChars);
}

/** With a folder of each boot in it, an engine takes no longer one; the names of sockets have room to spare. */
const runDirChars = 41;

/** Engines take paths apart at other characters, and some of their helpers know ASCII alone. */
const isPlain = (path: string): boolean => /^[\w/.@+-]*$/.test(path);

/** Folders of an install that container engines are told of. */
export const engineDirs = ['node', 'images'] as const;
type EngineDir = (typeof engineDirs)[number];

/** Where engines find a folder: itself, or a link in the folder for sockets when its path is not plain. */
export function engineDirOf<D extends EngineDir>(
  name: D,
  { paths, runDir }: { readonly paths: Pick<HomePaths, D>; readonly runDir: string },
): string {
  return isPlain(paths[name]) ? paths[name] : join(runDir, name);
}

/** The folder above the install's own, which other installs share. */
export const sharedPartOf = (runDir: string): string => dirname(runDir);
