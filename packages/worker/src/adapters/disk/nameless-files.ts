import { readdir, readFile, readlink, stat, statfs } from 'node:fs/promises';
import { elapsedMs } from '@cynodeai/runtime/std';

/** A file that no folder names any more and that takes its room until the last process lets go of it. */
export interface NamelessFile {
  readonly bytes: number;
  /** As a process sees it, which on overlays and btrfs is not that of the disk. */
  readonly device: number;
}

export interface NamelessFiles {
  readonly files: readonly NamelessFile[];
  /** Not all was looked at, because it is more than an ordinary job has. */
  readonly cut: boolean;
}

/** Kinds of file systems that are memory: as mounts name them, and as the kernel numbers them for any file. */
const memoryKinds: ReadonlySet<string> = new Set(['tmpfs', 'devtmpfs', 'ramfs', 'mqueue', 'proc']);
const memoryNumbers: ReadonlySet<number> = new Set([0x0102_1994, 0x8584_58f6, 0x9584_58f6]);

/** Numbers of what is memory for a container, by its mounts, `MAJOR:MINOR`. */
export function memoryOf(mountInfo: string): ReadonlySet<string> {
  const lines = mountInfo.split('\n').map((line) => line.split(' - '));
  const mounted = lines.flatMap(([left = '', right = '']) => {
    const device = left.split(' ')[2];
    return device !== undefined && memoryKinds.has(right.split(' ')[0] ?? '') ? [device] : [];
  });
  return new Set([kernelMemory, ...mounted]);
}

/** What the kernel mounts for itself before anything else: memory that `maps` lists like removed files. */
const kernelMemory = '0:1';

function hexadecimals(text: string, separator: string): readonly number[] {
  return text.split(separator).map((part) => Number.parseInt(part, 16));
}

/** The number of a device as `stat` gives it. */
const deviceNumber = (major: number, minor: number): number =>
  (major & 0xfff) * 2 ** 8 + (minor & 0xff) + (minor >>> 8) * 2 ** 20;

/** Files without a name that a process has mapped, by inode; the length of the mapping is what is known. */
export function mappedNameless(
  maps: string,
  memory: ReadonlySet<string>,
  disks: ReadonlySet<number> = new Set(),
): Map<number, NamelessFile> {
  const found = new Map<number, NamelessFile>();
  for (const line of maps.split('\n')) {
    const [range = '', , , numbers = '', inode = ''] = line.split(' ');
    const [major = 0, minor = 0] = hexadecimals(numbers, ':');
    const device = deviceNumber(major, minor);
    const isMemory = memory.has(`${major}:${minor}`) && !disks.has(device);
    if (isMemory || !line.endsWith(' (deleted)')) continue;
    const [from = 0, to = 0] = hexadecimals(range, '-');
    const bytes = (found.get(Number(inode))?.bytes ?? 0) + to - from;
    found.set(Number(inode), { bytes, device });
  }
  return found;
}

/** Adds what one more process has mapped; of a file that several have mapped, the largest mapping counts. */
export function addMapped(
  all: Map<number, NamelessFile>,
  more: ReadonlyMap<number, NamelessFile>,
): void {
  for (const [inode, file] of more) {
    if (file.bytes > (all.get(inode)?.bytes ?? -1)) all.set(inode, file);
  }
}

async function membersOf(pid: number): Promise<readonly string[]> {
  const numbersOf = (one: string | number): Promise<string> =>
    readlink(`/proc/${one}/ns/pid`).catch(() => '');
  const numbers = await numbersOf(pid);
  if (numbers === '' || numbers === (await numbersOf('self'))) return [];
  const all = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const own = await Promise.all(all.map(async (one) => (await numbersOf(one)) === numbers));
  return all.filter((_one, index) => own[index]);
}

const blockBytes = 512;

/** A file behind a descriptor, if it has no name and lies on a disk. */
async function openNameless(
  path: string,
  disks: ReadonlySet<number>,
): Promise<(NamelessFile & { readonly inode: number }) | undefined> {
  try {
    const file = await stat(path);
    if (file.nlink > 0 || !file.isFile()) return undefined;
    const { type } = await statfs(path);
    if (memoryNumbers.has(type >>> 0) && !disks.has(file.dev)) return undefined;
    return { inode: file.ino, device: file.dev, bytes: file.blocks * blockBytes };
  } catch {
    return undefined;
  }
}

/** Descriptors, or mapped files, that one measurement looks at: an ordinary job has some hundred. */
const mostLooks = 20_000;

/** Who has more than this is no ordinary job: that the time was over before all of it was looked at is its doing. */
const ordinaryLooks = 2000;

/** So much of what a process has mapped, bytes of text, takes about as long as a descriptor. */
const mapsPerLook = 4096;

export interface NamelessSearch {
  readonly limitMs: number;
  /** Devices that count, also where they are memory: that of a workspace may be. */
  readonly disks: ReadonlySet<number>;
  readonly most?: number;
  readonly ordinary?: number;
}

/**
 * Files of disks that the processes of a container alone know: open or mapped, and without a name. A mapped one is
 * known from an open one by its inode alone, because btrfs and overlays give one file several devices. What is not found
 * within `limitMs` is left out.
 */
export async function namelessFiles(
  pid: number,
  { limitMs, disks, most = mostLooks, ordinary = ordinaryLooks }: NamelessSearch,
): Promise<NamelessFiles> {
  const until = elapsedMs() + limitMs;
  const memory = memoryOf(await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => ''));
  const mapped = new Map<number, NamelessFile>();
  const open = new Map<string, NamelessFile>();
  const inodes = new Set<number>();
  let looks = 0;
  /** What there is to look at, as far as it is known. */
  let there = 0;
  let isLate = false;
  const isBeyond = (): boolean => looks > most || mapped.size > most;
  const isOver = (): boolean => {
    isLate ||= elapsedMs() > until;
    return isLate || isBeyond();
  };
  for (const member of await membersOf(pid)) {
    const maps = await readFile(`/proc/${member}/maps`, 'utf8').catch(() => '');
    addMapped(mapped, mappedNameless(maps, memory, disks));
    const descriptors = await readdir(`/proc/${member}/fd`).catch(() => []);
    there += descriptors.length + Math.floor(maps.length / mapsPerLook);
    for (const descriptor of descriptors) {
      looks += 1;
      if (isOver()) break;
      const file = await openNameless(`/proc/${member}/fd/${descriptor}`, disks);
      if (file === undefined) continue;
      open.set(`${file.device}:${file.inode}`, { bytes: file.bytes, device: file.device });
      inodes.add(file.inode);
    }
    if (isOver()) break;
  }
  const isHiding = isLate && Math.max(there, mapped.size) > ordinary;
  const cut = isBeyond() || isHiding;
  for (const inode of inodes) mapped.delete(inode);
  return { files: [...mapped.values(), ...open.values()], cut };
}
