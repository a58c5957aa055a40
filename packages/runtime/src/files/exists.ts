import { lstat } from 'node:fs/promises';

/** Whether anything has this name, a link to nothing included; false where nobody may look. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
