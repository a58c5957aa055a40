import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '@cynodeai/runtime/process';

const mib = 1024 ** 2;

/** A disk of its own, small enough to be filled in a moment: a file system in a file. Only root can mount it. */
export class Volume implements AsyncDisposable {
  readonly path: string;
  readonly #base: string;

  private constructor(base: string) {
    this.#base = base;
    this.path = join(base, 'disk');
  }

  static async make(sizeMb: number): Promise<Volume> {
    const volume = new Volume(mkdtempSync(join(tmpdir(), 'cyd-')));
    const image = join(volume.#base, 'image');
    writeFileSync(image, '');
    truncateSync(image, sizeMb * mib);
    await mustRun('mkfs.ext4', ['-q', image]);
    mkdirSync(volume.path);
    await mustRun('mount', ['-o', 'loop', image, volume.path]);
    return volume;
  }

  /** Room for everybody but root, bytes. */
  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await mustRun('umount', [this.path]);
    rmSync(this.#base, { recursive: true });
  }
}
