import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reserveOf, roomAbove } from '../../domain/disk/bounds.ts';
import type { DiskGauge, DiskReserve } from '../../ports/disk.ts';

const chunkBytes = 1024 ** 2;

/** Fills a file with what no file system stores in less room; false when it is not wanted any more. */
async function fill(path: string, bytes: number, isWanted: () => boolean): Promise<boolean> {
  const chunk = randomBytes(chunkBytes);
  await using file = await open(path, 'w', 0o600);
  for (let left = bytes; left > 0; left -= chunkBytes) {
    if (!isWanted()) return false;
    await file.writeFile(chunk.subarray(0, Math.min(left, chunkBytes)));
  }
  await file.sync();
  return isWanted();
}

/** A file of the state folder that holds nothing but its place. See docs/reference/sandbox.md#disk. */
export function fileReserve(stateDir: string, gauge: DiskGauge): DiskReserve {
  const path = join(stateDir, 'reserve');
  let releases = 0;
  const release = (): void => {
    releases += 1;
    rmSync(path, { force: true });
  };
  return {
    release,
    restore: async () => {
      const before = releases;
      const [space] = await gauge.spaces([stateDir]);
      if (space === undefined) return false;
      const bytes = reserveOf(space);
      const has = await stat(path).catch(() => undefined);
      if (has?.size === bytes) return true;
      if (roomAbove(space).bytes < bytes) return false;
      const filled = await fill(path, bytes, () => before === releases).catch(() => false);
      if (!filled) rmSync(path, { force: true });
      return filled;
    },
  };
}
