import { mountPoint } from '@cynodeai/runtime/std';
import { readFileSync } from 'node:fs';

/** Mount points at or below a folder, from the text of `/proc/self/mounts`. */
export function mountsBelow(dir: string, table: string): string[] {
  return table
    .split('\n')
    .map((line) => mountPoint(line.split(' ')[1] ?? ''))
    .filter((path) => path === dir || path.startsWith(`${dir}/`));
}

/** Mount points at or below a folder right now; a folder with one must not be deleted through it. */
export function currentMountsBelow(dir: string): string[] {
  return mountsBelow(dir, readFileSync('/proc/self/mounts', 'utf8'));
}
