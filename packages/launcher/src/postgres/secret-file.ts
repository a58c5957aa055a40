import { Secret } from '@cynodeai/runtime/config';
import { randomToken } from '@cynodeai/runtime/crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';

/**
 * The secret of a file that only its owner can read; made of 32 random bytes when there is none. Two starters get
 * the same secret: it is written aside and linked, so that a file is never seen half written.
 */
export async function secretFile(path: string): Promise<Secret> {
  const existing = await readFile(path, 'utf8').catch(missingFile);
  if (existing !== undefined) return new Secret(existing.trim());
  const draft = `${path}.${process.pid}.${randomToken(6)}`;
  try {
    await writeFile(draft, `${randomToken()}\n`, { mode: 0o600, flag: 'wx', flush: true });
    await link(draft, path).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return new Secret((await readFile(path, 'utf8')).trim());
}

/** `ENOENT` becomes undefined, anything else is thrown on. */
export function missingFile(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
  return undefined;
}

/** System or SQL error code of anything thrown. */
export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : undefined;
}
