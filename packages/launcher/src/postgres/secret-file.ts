import { Secret } from '@cynodeai/runtime/config';
import { randomToken } from '@cynodeai/runtime/crypto';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import { errorCodeOf } from '@cynodeai/runtime/std';
import { readFile } from 'node:fs/promises';

/**
 * The secret of a file that only its owner can read; made of 32 random bytes when there is none. Two starters get
 * the same secret: it is written aside and linked, so that a file is never seen half written.
 */
export async function secretFile(path: string): Promise<Secret> {
  const existing = await readFile(path, 'utf8').catch(missingFile);
  if (existing !== undefined) return new Secret(existing.trim());
  await writeFileAtomic(path, `${randomToken()}\n`, { replace: false }).catch((error: unknown) => {
    if (errorCodeOf(error) !== 'EEXIST') throw error;
  });
  return new Secret((await readFile(path, 'utf8')).trim());
}

/** `ENOENT` becomes undefined, anything else is thrown on. */
export function missingFile(error: unknown): undefined {
  if (errorCodeOf(error) !== 'ENOENT') throw error;
  return undefined;
}
