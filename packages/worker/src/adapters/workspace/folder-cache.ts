import type { TreeSize } from '@cynodeai/runtime/archive';
import { diskUse } from '@cynodeai/runtime/files';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayerMounts } from './layer-mounts.ts';
import { makeOwnedDir } from './write-input-file.ts';

/** What a node keeps of folders for later jobs, at most. See docs/reference/worker-api.md#input-files. */
export const folderCacheLimits = {
  bytes: 4 * 1024 ** 3,
  entries: 64,
  /** Of what would be free on the disk without them. */
  freeShare: 0.1,
} as const;

/** How much longer than what is staged for one job they stay unused, ms: together a day. */
const longerMs = 82_800_000;

export interface FolderCacheOptions {
  /** Made when it is needed first. */
  readonly dir: string;
  readonly mounts: LayerMounts;
  readonly removeTree: (path: string) => Promise<void>;
  /** Jobs of an earlier process with the folders that theirs are layers over, or that were staged for them. */
  readonly holders: () => Promise<ReadonlyMap<string, string>>;
  readonly limits?: Readonly<Record<keyof typeof folderCacheLimits, number>>;
}

interface Known {
  readonly bytes: number;
  /** Of the last use, ms since 1970. */
  readonly usedMs: number;
}

const draftPrefix = 'draft-';
/** What a file takes beside its bytes. */
const fileBytes = 4096;
const entryPattern = /^[0-9a-f]{64}$/;

const entryOf = (folder: string): string => folder.replace('sha256:', '');

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

/**
 * Unpacked folders by their hashes. Jobs see them through layers of their own and write none: a folder that was here
 * before is neither sent nor unpacked again. An entry has its name only when it is whole; since nothing waits for the
 * disk to have it, all go when the machine was started anew. The oldest go first, but none that a job has.
 */
export class FolderCache {
  readonly #options: FolderCacheOptions;
  readonly #known = new Map<string, Known>();
  readonly #held = new Map<string, string>();
  #opened: Promise<boolean> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: FolderCacheOptions) {
    this.#options = options;
  }

  /** An empty directory to unpack a folder into; undefined where nothing can be kept. */
  async draft(): Promise<string | undefined> {
    const { dir, removeTree } = this.#options;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    if (!(await this.#open())) {
      await removeTree(dir);
      return undefined;
    }
    const draft = join(dir, `${draftPrefix}${randomUUID()}`);
    await mkdir(draft, { mode: 0o700 });
    await makeOwnedDir(this.#treeOf(draft), 0o755);
    return this.#treeOf(draft);
  }

  /** Takes a directory that `draft` gave back, whole or not. */
  async drop(tree: string): Promise<void> {
    await this.#options.removeTree(join(tree, '..'));
  }

  /** What was unpacked is that folder, for this job and later ones. */
  async keep(tree: string, folder: string, size: TreeSize, jobId: string): Promise<void> {
    const draft = join(tree, '..');
    const bytes = size.bytes + size.entries * fileBytes;
    await writeFile(join(draft, 'bytes'), String(bytes), { mode: 0o600 });
    await this.#inTurn(async () => {
      if (this.#known.has(folder)) await this.#options.removeTree(draft);
      else await rename(draft, this.#pathOf(folder));
      await this.#use(folder, bytes, jobId);
    });
    this.#trimLater();
  }

  /** The tree of a folder for a job, until it is released; undefined when it is not here. */
  async hold(folder: string, jobId: string): Promise<string | undefined> {
    if (!(await this.#isThere()) || !(await this.#open())) return undefined;
    return this.#inTurn(async () => {
      const known = this.#known.get(folder);
      if (known === undefined) return undefined;
      await this.#use(folder, known.bytes, jobId);
      return this.#treeOf(this.#pathOf(folder));
    });
  }

  /** The job is gone, or does not need its folder. */
  release(jobId: string): void {
    if (this.#held.delete(jobId)) this.#trimLater();
  }

  /** Gives up all that no job has; says whether that was anything. */
  async clear(): Promise<boolean> {
    if (!(await this.#isThere()) || !(await this.#open())) return false;
    return this.#inTurn(() => this.#evict(() => true));
  }

  /** Lets go what nobody used for long; `before` that goes what is staged for one job. */
  async tidy(before: Date): Promise<void> {
    if (!(await this.#isThere()) || !(await this.#open())) return;
    const oldMs = before.getTime() - longerMs;
    await this.#inTurn(() => this.#evict(({ usedMs }) => usedMs < oldMs));
  }

  async #use(folder: string, bytes: number, jobId: string): Promise<void> {
    const now = new Date();
    await utimes(this.#pathOf(folder), now, now);
    // Last in the order of the map too.
    this.#known.delete(folder);
    this.#known.set(folder, { bytes, usedMs: now.getTime() });
    this.#held.set(jobId, folder);
  }

  #trimLater(): void {
    // What could not be removed is tried again the next time.
    this.#inTurn(() => this.#trim()).catch(() => {});
  }

  async #trim(): Promise<void> {
    const { bytes, entries, freeShare } = this.#options.limits ?? folderCacheLimits;
    const { freeBytes } = await diskUse(this.#options.dir);
    const kept = (): number => [...this.#known.values()].reduce((sum, one) => sum + one.bytes, 0);
    const most = Math.min(bytes, (freeBytes + kept()) * freeShare);
    await this.#evict(() => kept() > most || this.#known.size > entries);
  }

  /** Removes the oldest as long as that is wished. */
  async #evict(isWished: (oldest: Known) => boolean): Promise<boolean> {
    const { dir, removeTree } = this.#options;
    const held = new Set(this.#held.values());
    let any = false;
    for (const [folder, known] of [...this.#known].filter(([one]) => !held.has(one))) {
      if (!isWished(known)) break;
      const draft = join(dir, `${draftPrefix}${randomUUID()}`);
      // Away in one step: half a folder never has its name.
      await rename(this.#pathOf(folder), draft);
      this.#known.delete(folder);
      any = true;
      await removeTree(draft);
    }
    return any;
  }

  async #isThere(): Promise<boolean> {
    if (this.#opened !== undefined) return true;
    return (await stat(this.#options.dir).catch(() => undefined)) !== undefined;
  }

  /** Looks once at what an earlier process left; false where layers cannot be had. */
  #open(): Promise<boolean> {
    this.#opened ??= this.#lookThrough();
    // A fault of the disk may be over the next time.
    this.#opened.catch(() => (this.#opened = undefined));
    return this.#opened;
  }

  async #lookThrough(): Promise<boolean> {
    const { dir, mounts, removeTree, holders } = this.#options;
    const boot = await bootId();
    const before = await readFile(join(dir, 'boot'), 'utf8').catch(() => undefined);
    const names = await readdir(dir);
    const isStale = (name: string): boolean => before !== boot || name.startsWith(draftPrefix);
    for (const name of names) if (isStale(name)) await removeTree(join(dir, name));
    await writeFile(join(dir, 'boot'), boot, { mode: 0o600 });
    if (!(await mounts.works(dir))) return false;
    const found: [string, Known][] = [];
    for (const name of names.filter((one) => !isStale(one) && entryPattern.test(one))) {
      const { mtimeMs: usedMs } = await stat(join(dir, name));
      const bytes = Number(await readFile(join(dir, name, 'bytes'), 'utf8'));
      found.push([`sha256:${name}`, { bytes, usedMs }]);
    }
    for (const [folder, known] of found.toSorted(([, a], [, b]) => a.usedMs - b.usedMs)) {
      this.#known.set(folder, known);
    }
    for (const [jobId, folder] of await holders()) this.#held.set(jobId, folder);
    return true;
  }

  #pathOf(folder: string): string {
    return join(this.#options.dir, entryOf(folder));
  }

  #treeOf(entry: string): string {
    return join(entry, 'tree');
  }

  /** One after the other: what is looked at stays so until it is used. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}
