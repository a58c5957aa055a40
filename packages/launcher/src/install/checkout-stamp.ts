import { parseJson, at } from '@cynodeai/runtime/std';
import { join } from 'node:path';
import { readIfThere } from './files.ts';

/** The commit a Git folder has checked out, read without Git; undefined outside a checkout. */
function commitOf(gitDir: string): string | undefined {
  const head = read(join(gitDir, 'HEAD'));
  const ref = /^ref: (?<name>\S+)/.exec(head ?? '')?.groups?.['name'];
  if (head === undefined || ref === undefined) return head?.trim();
  const loose = read(join(gitDir, ref))?.trim();
  if (loose !== undefined) return loose;
  const packed = read(join(gitDir, 'packed-refs')) ?? '';
  return packed
    .split('\n')
    .find((line) => line.endsWith(` ${ref}`))
    ?.split(' ')[0];
}

function read(path: string): string | undefined {
  try {
    return readIfThere(path);
  } catch {
    return undefined;
  }
}

/** Names the version of a checkout, so that a stack older than it is noticed: the commit, else the package version. */
export function checkoutStamp(checkout: string): string {
  const commit = commitOf(join(checkout, '.git'));
  if (commit !== undefined) return commit;
  const manifest = parseJson(read(join(checkout, 'package.json')) ?? '{}');
  const version = at(manifest, 'version');
  return `version ${typeof version === 'string' ? version : 'unknown'}`;
}
