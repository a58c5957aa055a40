import { mustRun } from '../process/index.ts';

/** A busy disk may have a lot to write, ms. */
const limitMs = 120_000;

/**
 * Makes everything on the file system that a path lies on safe from a power cut. @throws CommandError when it cannot
 */
export async function syncFileSystem(path: string): Promise<void> {
  await mustRun('sync', ['--file-system', '--', path], { timeoutMs: limitMs });
}
