import { chmodSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import { LauncherError } from '../base/launcher-error.ts';
import { errorCodeOf, messageOf } from '@cynodeai/runtime/std';

/** The text of a file, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw new LauncherError('install', `cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The text of a file that is written once, by whoever comes first; mode 0600. */
export function readOrCreate(path: string, make: () => string): string {
  const known = readIfThere(path);
  if (known !== undefined && known !== '') return known;
  try {
    writeFileAtomicSync(path, make(), { replace: false });
  } catch (error) {
    if (errorCodeOf(error) !== 'EEXIST') throw error;
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
