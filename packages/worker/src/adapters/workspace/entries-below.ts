import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Everything below a folder, folders before what is in them. Node's own recursive listing follows links to folders,
 * wherever they lead.
 */
export function* entriesBelow(
  root: string,
): Generator<{ readonly path: string; readonly entry: Dirent }, void> {
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      yield { path, entry };
      if (entry.isDirectory()) folders.push(path);
    }
  }
}
