import { existsSync, readdirSync } from 'node:fs';

/** Every path below a folder; one that vanishes while it is read makes the whole reading worthless, so it is repeated. */
export function entriesBelow(directory: string): string[] {
  while (existsSync(directory)) {
    try {
      return readdirSync(directory, { recursive: true, encoding: 'utf8' });
    } catch (error) {
      if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'ENOENT') throw error;
    }
  }
  return [];
}
