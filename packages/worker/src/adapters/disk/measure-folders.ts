import { spawn } from 'node:child_process';
import type { Measured } from '../../domain/disk/judge.ts';

const blockBytes = 512;

/** Files with several names that are told apart; of more than that each name counts for its part. */
const mostSeen = 100_000;

/** Adds up what `find` says of each file: its blocks; and its number and names where it has more than one. */
export class Tally {
  #bytes = 0;
  #files = 0;
  readonly #seen = new Set<string>();
  readonly #mostSeen: number;
  #rest = '';

  constructor(most = mostSeen) {
    this.#mostSeen = most;
  }

  get bytes(): number {
    return Math.round(this.#bytes);
  }

  get files(): number {
    return Math.round(this.#files);
  }

  add(chunk: string): void {
    const lines = `${this.#rest}${chunk}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [blocks = '', names, inode = ''] = line.split(' ');
      const share = names === undefined ? 1 : this.#shareOf(inode, Number(names));
      this.#bytes += Number(blocks) * blockBytes * share;
      this.#files += share;
    }
  }

  /** What one more name of a file counts for. */
  #shareOf(inode: string, names: number): number {
    if (this.#seen.has(inode)) return 0;
    if (this.#seen.size >= this.#mostSeen) return 1 / names;
    this.#seen.add(inode);
    return 1;
  }
}

/**
 * Numbers only, so that no name can say anything. `find` walks by descriptors: no link is followed and no path is too
 * long for it.
 */
const looks = '-xdev ( -type d -o -links 1 ) -printf %b\\n -o -printf %b\\40%n\\40%D:%i\\n'.split(
  ' ',
);

/** What is below folders of one disk, as far as it is counted within `limitMs`. */
export async function measureFolders(
  folders: readonly string[],
  limitMs: number,
): Promise<Measured> {
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
  const over = Promise.withResolvers<void>();
  child.on('close', () => over.resolve());
  // Cut off at its limit: so far is what there is at least. A broken disk may keep the process for longer.
  child.on('error', () => over.resolve());
  await over.promise;
  child.stdout.destroy();
  child.stderr.destroy();
  return { bytes: tally.bytes, files: tally.files, hidden };
}
