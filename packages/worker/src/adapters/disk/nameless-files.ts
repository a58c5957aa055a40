import { readdir, readFile, readlink, stat } from 'node:fs/promises';

/** A file that no folder names any more and that takes its room until the last process lets go of it. */
export interface NamelessFile {
  readonly bytes: number;
}

/** Kinds of file systems that are memory. */
const inMemory: ReadonlySet<string> = new Set(['tmpfs', 'devtmpfs', 'ramfs', 'mqueue', 'proc']);

/** Numbers of the disks a container sees, `MAJOR:MINOR`, by its mounts. */
export function disksOf(mountInfo: string): ReadonlySet<string> {
  const lines = mountInfo.split('\n').map((line) => line.split(' - '));
  return new Set(
    lines.flatMap(([left = '', right = '']) => {
      const device = left.split(' ')[2];
      return device === undefined || inMemory.has(right.split(' ')[0] ?? '') ? [] : [device];
    }),
  );
}

/** A device as `/proc` writes it. */
export function deviceText(device: number): string {
  const big = BigInt(device);
  const major = ((big >> 8n) & 0xfffn) | ((big >> 32n) & 0xfffff000n);
  const minor = (big & 0xffn) | ((big >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

/** Files without a name that a process has mapped, by their number; the length of the mapping is what is known. */
export function mappedNameless(maps: string, disks: ReadonlySet<string>): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of maps.split('\n')) {
    const match =
      /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ ([0-9a-f]+):([0-9a-f]+) (\d+) .*\(deleted\)$/.exec(line);
    if (match === null) continue;
    const [, from = '', to = '', major = '', minor = '', inode = ''] = match;
    const device = `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`;
    if (!disks.has(device)) continue;
    const bytes = Number.parseInt(to, 16) - Number.parseInt(from, 16);
    const key = `${device}:${inode}`;
    found.set(key, (found.get(key) ?? 0) + bytes);
  }
  return found;
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

/** Files of the container's disks that its processes alone know: open or mapped, and without a name. */
export async function namelessFiles(pid: number): Promise<readonly NamelessFile[]> {
  const disks = disksOf(await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => ''));
  const found = new Map<string, number>();
  for (const member of await membersOf(pid)) {
    const maps = await readFile(`/proc/${member}/maps`, 'utf8').catch(() => '');
    for (const [key, bytes] of mappedNameless(maps, disks)) {
      if (!found.has(key)) found.set(key, bytes);
    }
    for (const descriptor of await readdir(`/proc/${member}/fd`).catch(() => [])) {
      const file = await stat(`/proc/${member}/fd/${descriptor}`).catch(() => undefined);
      if (file === undefined || file.nlink > 0 || !file.isFile()) continue;
      const device = deviceText(file.dev);
      if (disks.has(device)) found.set(`${device}:${file.ino}`, file.blocks * blockBytes);
    }
  }
  return [...found.values()].map((bytes) => ({ bytes }));
}
