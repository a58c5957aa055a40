import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is gone at the end of its scope: `await using dir = await temporaryDirectory()`. */
export interface TemporaryDirectory extends AsyncDisposable {
  /** Short enough to hold a Unix socket. */
  readonly path: string;
  remove(): Promise<void>;
}

/** A new empty folder (0700) below the system's temporary folder. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'cy-'));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  return { path, remove, [Symbol.asyncDispose]: remove };
}
