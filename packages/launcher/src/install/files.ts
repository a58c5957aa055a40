import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { LauncherError } from '../base/launcher-error.ts';
import { messageOf } from '@cynodeai/runtime/std';

/** The text of a file, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new LauncherError('install', `cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** `ENOENT` and the like of a file system error. */
export function errorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Replaces a file in one step, so that readers see the old or the new text; mode 0600. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}

/** The text of a file that is written once, by whoever comes first; mode 0600. */
export function readOrCreate(path: string, make: () => string): string {
  const known = readIfThere(path);
  if (known !== undefined && known !== '') return known;
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, make(), { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, 'utf8');
}

/**
 * Makes a folder that only its owner may enter. One that somebody else owns is refused: they could swap what is in it.
 * @throws LauncherError `install`.
 */
export function makePrivateDir(path: string, uid: number): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const stat = lstatSync(path);
    if (!stat.isDirectory() || stat.uid !== uid) {
      throw new LauncherError('install', `${path} belongs to somebody else`);
    }
    if ((stat.mode & 0o077) !== 0) chmodSync(path, 0o700);
  } catch (error) {
    if (error instanceof LauncherError) throw error;
    throw new LauncherError(
      'install',
      `cannot make the folder ${path}: ${messageOf(error)}; set CYNODE_HOME to a folder you own`,
      { cause: error },
    );
  }
}
