import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Where system programs are; the caller's own path may lack the sbin folders. */
const systemDirs = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
] as const;

/** Path of a system program, or undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  return systemDirs
    .map((dir) => join(dir, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
