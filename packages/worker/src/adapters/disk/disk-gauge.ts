import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat, statfs } from 'node:fs/promises';
import type { Space } from '../../domain/disk/bounds.ts';
import type { Measured } from '../../domain/disk/judge.ts';
import type { DiskGauge } from '../../ports/disk.ts';
import { namelessFiles } from './nameless-files.ts';

async function spaceOf(
  folder: string,
): Promise<{ readonly device: number; readonly space: Space }> {
  const [{ dev }, facts] = await Promise.all([stat(folder), statfs(folder)]);
  const { bsize, blocks, bfree, bavail, files, ffree } = facts;
  return {
    device: dev,
    space: {
      // What is kept for root is neither there nor free.
      totalBytes: (blocks - bfree + bavail) * bsize,
      freeBytes: bavail * bsize,
      totalFiles: files,
      freeFiles: ffree,
    },
  };
}

const blockBytes = 512;

/** Adds up what `find` says of each file: its blocks, and its number where it has more names than one. */
class Tally {
  bytes = 0;
  files = 0;
  readonly #seen = new Set<string>();
  #rest = '';

  add(chunk: string): void {
    const lines = `${this.#rest}${chunk}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [blocks = '', inode] = line.split(' ');
      if (inode !== undefined) {
        if (this.#seen.has(inode)) continue;
        this.#seen.add(inode);
      }
      this.bytes += Number(blocks) * blockBytes;
      this.files += 1;
    }
  }
}

/**
 * Numbers only, so that no name can say anything. `find` walks by descriptors: no link is followed and no path is too
 * long for it.
 */
const looks = '-xdev ( -type d -o -links 1 ) -printf %b\\n -o -printf %b\\40%D:%i\\n'.split(' ');

async function measureFolders(folders: readonly string[], limitMs: number): Promise<Measured> {
  const child = spawn('find', [...folders, ...looks], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(limitMs),
    killSignal: 'SIGKILL',
  });
  const tally = new Tally();
  let hidden = false;
  child.stdout.setEncoding('latin1').on('data', (chunk: string) => tally.add(chunk));
  child.stderr.setEncoding('latin1').on('data', (chunk: string) => {
    // What vanished meanwhile takes no room.
    if (chunk.includes('Permission denied')) hidden = true;
  });
  // Cut off at its limit: so far is what there is at least.
  child.on('error', () => {});
  await once(child, 'close').catch(() => {});
  return { bytes: tally.bytes, files: tally.files, hidden };
}

/** The disks of this host. */
export const hostDisks: DiskGauge = {
  spaces: async (folders) => {
    const found = await Promise.allSettled(folders.map((folder) => spaceOf(folder)));
    const disks = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    return [...new Map(disks.map(({ device, space }) => [device, space])).values()];
  },

  measure: async ({ folders, pid, limitMs }) => {
    const [named, nameless] = await Promise.all([
      measureFolders(folders, limitMs),
      pid === undefined ? [] : namelessFiles(pid, limitMs),
    ]);
    const bytes = nameless.reduce((sum, file) => sum + file.bytes, named.bytes);
    return { ...named, bytes, files: named.files + nameless.length };
  },
};
