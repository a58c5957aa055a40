import { folderRefSchema } from '@cynodeai/contracts/common';
import type { Env } from '@cynodeai/runtime/config';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import { parseJsonOr } from '@cynodeai/runtime/std';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { LocalFolder } from './local-folder.ts';

const knownSchema = z.object({ fingerprint: z.string(), folder: folderRefSchema });

/** Times of files are this coarse at most, ms: what was changed so shortly before may change unseen. */
const coarseMs = 50;

/**
 * Names that folders of this machine had when they were sent, kept among the caches of the user, so that one that
 * nobody touched is asked about instead of read. It may vanish any time; what cannot be read or written is none.
 */
export class KnownFolders {
  readonly #directory: string | undefined;

  constructor(env: Env) {
    const { XDG_CACHE_HOME: cache, HOME: home } = env;
    const below = cache !== undefined && isAbsolute(cache) ? cache : home && join(home, '.cache');
    this.#directory = below && join(below, 'cynode', 'folders');
  }

  async find({ path, fingerprint }: LocalFolder): Promise<string | undefined> {
    const place = this.#placeOf(path);
    if (place === undefined) return undefined;
    const text = await readFile(place, 'utf8').catch(() => '');
    const known = knownSchema.safeParse(parseJsonOr(text)).data;
    return known?.fingerprint === fingerprint ? known.folder : undefined;
  }

  /** @param readMs when its files began to be read, ms since 1970 */
  async keep(local: LocalFolder, folder: string, readMs: number): Promise<void> {
    const place = this.#placeOf(local.path);
    if (place === undefined || local.changedMs > readMs - coarseMs) return;
    const { fingerprint } = local;
    try {
      await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      await writeFileAtomic(place, JSON.stringify({ fingerprint, folder }), { flush: false });
    } catch {
      // The next time it is read again.
    }
  }

  #placeOf(path: string): string | undefined {
    const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
    return this.#directory && join(this.#directory, `${name}.json`);
  }
}
