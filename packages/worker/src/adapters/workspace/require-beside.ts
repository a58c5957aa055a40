import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { errorCodeOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../domain/errors.ts';
import { entriesBelow } from './entries-below.ts';

/**
 * What is written above a folder takes the place of nothing in it, but stands in its folders; no link is followed.
 * @throws WorkerError `validation` for the first path that does
 */
export function requireBeside(upper: string, lower: string): void {
  for (const { path, entry } of entriesBelow(upper)) {
    const name = path.slice(upper.length + 1);
    try {
      if (lstatSync(join(lower, name)).isDirectory() && entry.isDirectory()) continue;
    } catch (error) {
      // What is below a file or link of the folder was refused by that one's name.
      if (['ENOENT', 'ENOTDIR'].includes(errorCodeOf(error) ?? '')) continue;
      throw error;
    }
    const text = `${JSON.stringify(name)} clashes with a path of the folder`;
    throw new WorkerError('validation', `sandbox.input_files: ${text}`);
  }
}
