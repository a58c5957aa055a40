import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileSystemOf } from '@cynodeai/runtime/files';
import { within } from '@cynodeai/runtime/lifecycle';
import type { Disk } from '../../domain/disk/bounds.ts';
import type { Measured } from '../../domain/disk/judge.ts';
import type { DiskGauge } from '../../ports/disk.ts';
import { measureFolders } from './measure-folders.ts';
import { namelessFiles, type NamelessFiles } from './nameless-files.ts';

async function diskOf(folder: string): Promise<Disk> {
  const { device, facts } = await fileSystemOf(folder);
  const { bsize, blocks, bfree, bavail, files, ffree } = facts;
  return {
    device,
    // What is kept for root is neither there nor free.
    totalBytes: (blocks - bfree + bavail) * bsize,
    freeBytes: bavail * bsize,
    totalFiles: files,
    freeFiles: ffree,
  };
}

/** The disk of a folder, or of the next one above it that can be looked at. */
async function deviceOf(folder: string): Promise<number> {
  const found = await stat(folder).catch(() => undefined);
  return found?.dev ?? deviceOf(dirname(folder));
}

async function byDevice(folders: readonly string[]): Promise<ReadonlyMap<number, string[]>> {
  const devices = await Promise.all(folders.map(deviceOf));
  const found = new Map<number, string[]>();
  for (const [index, folder] of folders.entries()) {
    const device = devices[index] ?? 0;
    found.set(device, [...(found.get(device) ?? []), folder]);
  }
  return found;
}

/** Adds files without a name; one on none of the disks, as in an overlay, lies where the layer does. */
export function addNameless(
  disks: ReadonlyMap<number, Measured>,
  { files, cut }: NamelessFiles,
  layer: number | undefined,
): ReadonlyMap<number, Measured> {
  const all = new Map(disks);
  const [other = 0] = layer === undefined ? disks.keys() : [layer];
  const add = (device: number, more: Measured): void => {
    const place = disks.has(device) ? device : other;
    const { bytes, files: count, hidden } = all.get(place) ?? { bytes: 0, files: 0, hidden: false };
    all.set(place, {
      bytes: bytes + more.bytes,
      files: count + more.files,
      hidden: hidden || more.hidden,
    });
  };
  for (const { bytes, device } of files) add(device, { bytes, files: 1, hidden: false });
  if (cut) for (const device of disks.keys()) add(device, { bytes: 0, files: 0, hidden: true });
  return all;
}

/** A search that stops by itself at its limit is waited for a little longer, ms. */
const behindMs = 500;

const noneNameless: NamelessFiles = { files: [], cut: false };

/** What a search found that stops by itself within `limitMs`; one that does not has more to look at than it can. */
export function foundWithin(
  limitMs: number,
  search: Promise<NamelessFiles>,
): Promise<NamelessFiles> {
  return within(limitMs + behindMs, search, { files: [], cut: true });
}

/** The disks of this host. */
export const hostDisks: DiskGauge = {
  spaces: async (folders) => {
    const found = await Promise.allSettled(folders.map((folder) => diskOf(folder)));
    const disks = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    return [...new Map(disks.map((disk) => [disk.device, disk])).values()];
  },

  measure: async ({ folders, layer, pid, limitMs }) => {
    const groups = await byDevice(layer === undefined ? folders : [...folders, layer]);
    const [named, nameless] = await Promise.all([
      Promise.all(
        [...groups].map(
          async ([device, group]) => [device, await measureFolders(group, limitMs)] as const,
        ),
      ),
      pid === undefined
        ? noneNameless
        : foundWithin(limitMs, namelessFiles(pid, { limitMs, disks: new Set(groups.keys()) })),
    ]);
    const layerDevice = layer === undefined ? undefined : await deviceOf(layer);
    return addNameless(new Map(named), nameless, layerDevice);
  },
};
