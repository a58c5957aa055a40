import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { temporaryDirectory } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { describe, expect, it } from 'vitest';
import { addNameless, foundWithin, hostDisks } from '../../src/adapters/disk/disk-gauge.ts';
import { fileReserve } from '../../src/adapters/disk/disk-reserve.ts';
import { Tally } from '../../src/adapters/disk/measure-folders.ts';
import {
  addMapped,
  mappedNameless,
  memoryOf,
  namelessFiles,
} from '../../src/adapters/disk/nameless-files.ts';
import { reserveOf } from '../../src/domain/disk/bounds.ts';

const mib = 1024 ** 2;
const limitMs = 60_000;
const limits = { layer: undefined, pid: undefined, limitMs };

/** What is found on all disks together. */
async function measured(place: Parameters<typeof hostDisks.measure>[0]) {
  const parts = [...(await hostDisks.measure(place)).values()];
  return {
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    files: parts.reduce((sum, { files }) => sum + files, 0),
    hidden: parts.some(({ hidden }) => hidden),
  };
}

describe('what a job has on the disk', () => {
  it('is what du says, whatever the files are called and however they are linked', async () => {
    await using dir = await temporaryDirectory();
    const [one, two] = ['one', 'two'].map((name) => join(dir.path, name));
    if (one === undefined || two === undefined) throw new Error('there are two');
    mkdirSync(join(one, 'deep', '-rf', 'a\nb'), { recursive: true });
    mkdirSync(two);
    writeFileSync(join(one, 'deep', '-rf', 'a\nb', '1 2:3'), Buffer.alloc(3 * mib, 1));
    writeFileSync(join(one, '--'), Buffer.alloc(mib, 1));
    linkSync(join(one, '--'), join(two, 'again'));
    symlinkSync('/', join(one, 'root'));
    writeFileSync(join(two, 'sparse'), '');
    truncateSync(join(two, 'sparse'), 1024 * mib);
    execFileSync('sync');
    const { bytes, files, hidden } = await measured({ ...limits, folders: [one, two] });
    const du = execFileSync('du', ['-s', '-c', '-B1', one, two], { encoding: 'utf8' });
    expect(bytes).toBe(Number(/^(\d+)\ttotal$/m.exec(du)?.[1]));
    expect([files, hidden]).toEqual([9, false]);
  });

  it('is nothing where there is nothing', async () => {
    const found = await measured({ ...limits, folders: ['/no/such/folder'] });
    expect(found).toEqual({ bytes: 0, files: 0, hidden: false });
  });

  it('is what was counted until its time was over', async () => {
    const whole = await measured({ ...limits, folders: ['/usr'] });
    const found = await measured({ ...limits, folders: ['/usr'], limitMs: 1 });
    expect(found.files).toBeLessThan(whole.files);
    expect(found.hidden).toBe(false);
  });

  it('is asked of every disk once', async () => {
    const [space, ...others] = await hostDisks.spaces(['/', '/', '/no/such/folder']);
    expect(others).toEqual([]);
    expect(space?.totalBytes).toBeGreaterThan(space?.freeBytes ?? 0);
  });
});

const none = { files: [], cut: false };

describe('names of one file', () => {
  const names = (inode: number, count: number): string =>
    Array.from({ length: count }, () => `8 ${count} 2049:${inode}\n`).join('');

  it('count once, and beyond what is remembered each for its part', () => {
    const tally = new Tally(10);
    for (let inode = 0; inode < 1000; inode += 1) tally.add(names(inode, 3));
    tally.add('16\n');
    expect([tally.files, tally.bytes]).toEqual([1001, 1000 * 8 * 512 + 16 * 512]);
  });
});

const search = { limitMs, disks: new Set<number>() };

describe('files without a name', () => {
  const root = '22 20 8:1 / / rw - ext4 /dev/sda rw\n23 22 0:40 / /tmp rw - tmpfs tmpfs rw\n';

  it('lie on disks, not in memory', () => {
    expect([...memoryOf(root)]).toEqual(['0:1', '0:40']);
  });

  it('may be mapped only', () => {
    const maps = [
      '7f00000000-7f00100000 rw-s 00000000 08:01 77    /workspace/a (deleted)',
      '7f00200000-7f00300000 rw-s 00100000 08:01 77    /workspace/a (deleted)',
      '7f00400000-7f00500000 rw-s 00000000 00:28 78    /tmp/a (deleted)',
      '7f00600000-7f00700000 r-xp 00000000 08:01 79    /usr/bin/x',
      '7f00800000-7f00900000 rw-s 00000000 00:01 80    /memfd:x (deleted)',
      '7f00a00000-7f00b00000 rw-s 00000000 00:01 81    /dev/zero (deleted)',
      '7f00c00000-7f00d00000 rw-s 00000000 00:01 82    /SYSV00000000 (deleted)',
      '7f00e00000-7f00f00000 rw-s 00000000 00:2f 83    /memfd:a (deleted)',
    ];
    expect([...mappedNameless(maps.join('\n'), memoryOf(root))]).toEqual([
      [77, { bytes: 2 * mib, device: 0x801 }],
      [83, { bytes: mib, device: 0x2f }],
    ]);
    const place = new Set([0x28]);
    expect([...mappedNameless(maps.join('\n'), memoryOf(root), place).keys()]).toEqual([
      77, 78, 83,
    ]);
  });

  it.each([
    [[1, 2, 3], 3],
    [[3, 2, 1], 3],
    [[1, 3, 2], 3],
    [[0], 0],
  ])('that processes have mapped for %j bytes take the room of the largest', (lengths, most) => {
    const all = new Map<number, { readonly bytes: number; readonly device: number }>();
    for (const bytes of lengths) addMapped(all, new Map([[7, { bytes, device: 1 }]]));
    addMapped(all, new Map([[8, { bytes: 5, device: 1 }]]));
    expect([...all.values()].map(({ bytes }) => bytes)).toEqual([most, 5]);
  });

  it('may be too many for the search to end by itself', async () => {
    const unending = Promise.withResolvers<typeof none>().promise;
    expect(await foundWithin(1, unending)).toEqual({ files: [], cut: true });
    expect(await foundWithin(limitMs, Promise.resolve(none))).toEqual(none);
  });

  it.runIf(process.getuid?.() === 0)(
    'are found where a file and its mount have different numbers, and memory is not',
    async () => {
      await using dir = await temporaryDirectory();
      const script = `mount -t tmpfs none ${dir.path} && cd ${dir.path} && mkdir memory && mount -t tmpfs none memory
      for n in lower upper work merged; do mkdir $n; done
      mount -t overlay none -o lowerdir=/usr,upperdir=upper,workdir=work merged
      exec 3> merged/a 4> memory/b; rm merged/a memory/b
      head -c ${mib} /dev/zero >&3; head -c ${mib} /dev/zero >&4; echo written; exec sleep 600`;
      const words = [
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        'sh',
        '-c',
        script,
      ];
      await using child = new Child('unshare', words);
      await child.printed('written');
      const first = execFileSync('pgrep', ['--parent', String(child.pid)], { encoding: 'utf8' });
      expect(await namelessFiles(Number(first), search)).toEqual({
        files: [{ bytes: mib, device: expect.any(Number) }],
        cut: false,
      });
      // A workspace may lie in memory: then that is the disk.
      const memory = statSync(`/proc/${first.trim()}/root${dir.path}/memory`).dev;
      const place = { ...search, disks: new Set([memory]) };
      expect((await namelessFiles(Number(first), place)).files).toHaveLength(2);
    },
  );

  it.runIf(process.getuid?.() === 0)('are found by the processes that have them open', async () => {
    await using dir = await temporaryDirectory();
    const script = `exec 3> ${dir.path}/a; rm ${dir.path}/a; head -c ${mib} /dev/zero >&3; sync; echo written; exec sleep 600 4<&3`;
    const words = ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script];
    await using child = new Child('unshare', words);
    await child.printed('written');
    const first = execFileSync('pgrep', ['--parent', String(child.pid)], { encoding: 'utf8' });
    // Where temporary files are memory, the place of the workspace counts all the same.
    const disks = new Set([statSync(dir.path).dev]);
    expect(await namelessFiles(Number(first), { ...search, disks })).toEqual({
      files: [{ bytes: mib, device: expect.any(Number) }],
      cut: false,
    });
    expect(await namelessFiles(Number(first), { ...search, most: 1 })).toMatchObject({ cut: true });
    expect(await namelessFiles(Number(first), { ...search, limitMs: 0 })).toEqual(none);
    // A job that has more to look at than ordinary ones is not forgiven what there was no time for.
    const late = { ...search, limitMs: -1, ordinary: 1 };
    expect(await namelessFiles(Number(first), late)).toEqual({ files: [], cut: true });
    const inTime = { ...search, ordinary: 1 };
    expect(await namelessFiles(Number(first), inTime)).toMatchObject({ cut: false });
    expect(await namelessFiles(process.pid, search)).toEqual(none);
    expect(await namelessFiles(4_194_305, search)).toEqual(none);
  });
});

describe('what a job has on several disks', () => {
  const one = { bytes: 10, files: 1, hidden: false };
  const two = { bytes: 20, files: 2, hidden: false };
  const disks = new Map([
    [1, one],
    [2, two],
  ]);
  const more = { bytes: 5, device: 1 };

  it.each([
    ['of a disk is there', [more], 2, [{ ...one, bytes: 15, files: 2 }, two]],
    [
      'of no disk is where the layer is',
      [{ ...more, device: 9 }],
      2,
      [one, { ...two, bytes: 25, files: 3 }],
    ],
    [
      'of no disk is on the first where the layer is out of reach',
      [{ ...more, device: 9 }, more],
      undefined,
      [{ ...one, bytes: 20, files: 3 }, two],
    ],
  ] as const)('a file without a name %s', (_which, files, layer, expected) => {
    expect([...addNameless(disks, { files, cut: false }, layer).values()]).toEqual(expected);
    const hidden = expected.map((each) => ({ ...each, hidden: true }));
    expect([...addNameless(disks, { files, cut: true }, layer).values()]).toEqual(hidden);
  });

  it.runIf(process.getuid?.() === 0)('is told apart', async () => {
    await using dir = await temporaryDirectory();
    const script = `mount -t tmpfs none ${dir.path} && cd ${dir.path} && mkdir one two
      mount -t ramfs none one; mount -t ramfs none two; echo mounted; exec sleep 600`;
    await using child = new Child('unshare', ['--mount', 'sh', '-c', script]);
    await child.printed('mounted');
    const root = `/proc/${child.pid}/root${dir.path}`;
    const [one, two] = [`${root}/one`, `${root}/two`];
    writeFileSync(`${one}/a`, Buffer.alloc(mib, 1));
    for (const name of ['b', 'c']) writeFileSync(`${two}/${name}`, Buffer.alloc(mib, 1));
    const found = await hostDisks.measure({ ...limits, folders: [one], layer: two });
    expect([...found.keys()]).toEqual([statSync(one).dev, statSync(two).dev]);
    expect([...found.values()].map(({ files }) => files)).toEqual([2, 3]);
  });
});

describe('the reserve', () => {
  it('has its place until it is given back, and takes it again', async () => {
    await using dir = await temporaryDirectory();
    const reserve = fileReserve(dir.path, hostDisks);
    const path = join(dir.path, 'reserve');
    expect(await reserve.restore()).toBe(true);
    const [space] = await hostDisks.spaces([dir.path]);
    if (space === undefined) throw new Error('there is a disk');
    expect(Math.abs(statSync(path).size - reserveOf(space))).toBeLessThan(mib);
    expect(await reserve.restore()).toBe(true);
    reserve.release();
    reserve.release();
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
    expect(await reserve.restore()).toBe(true);
  });

  it('that is given back while it is being taken is not there', async () => {
    await using dir = await temporaryDirectory();
    const reserve = fileReserve(dir.path, hostDisks);
    const taking = reserve.restore();
    reserve.release();
    expect(await taking).toBe(false);
    expect(existsSync(join(dir.path, 'reserve'))).toBe(false);
    expect(await reserve.restore()).toBe(true);
  });

  it('is not taken from those who need the room', async () => {
    await using dir = await temporaryDirectory();
    const space = {
      device: 1,
      totalBytes: 100 * mib,
      freeBytes: 17 * mib,
      totalFiles: 0,
      freeFiles: 0,
    };
    const tight = { ...hostDisks, spaces: async () => [space] };
    expect(await fileReserve(dir.path, tight).restore()).toBe(false);
    const none = { ...hostDisks, spaces: async () => [] };
    expect(await fileReserve(dir.path, none).restore()).toBe(false);
    const roomy = { ...tight, spaces: async () => [{ ...space, freeBytes: 90 * mib }] };
    expect(await fileReserve('/no/such/folder', roomy).restore()).toBe(false);
  });
});
