import { exists } from '@cynodeai/runtime/files';
import { mustRun, runCommand } from '@cynodeai/runtime/process';
import { mountPoint } from '@cynodeai/runtime/std';
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { type Owner, makeOwnedDir } from './write-input-file.ts';

/** Names in a directory: the tree that is looked through to, what changes of it, and both together. */
export const layerNames = { lower: 'lower', upper: 'upper', work: 'work', merged: 'workspace' };

/**
 * Mounts one tree for many: each sees it as its own and changes a layer above it. The tree is shown with other owners
 * than it has (an idmapped mount), for which there is no program here but calls of the kernel; numbers above 420 are
 * the same on every processor. Nothing on the way is named by a path that a job could have made.
 */
const layerScript = String.raw`
use strict;
my ($dir, $tree, $uid, $unshare, $umount) = @ARGV;
my ($empty, $overlay) = ('', 'overlay');
sub must { my ($what, $got) = @_; return $got if $got >= 0; print STDERR "$what: $!"; exit 1 }
chdir $dir or must('chdir', -1);
pipe(my $ready, my $said) or must('pipe', -1);
pipe(my $stay, my $go) or must('pipe', -1);
defined(my $child = fork) or must('fork', -1);
if ($child == 0) {
  close $go;
  syswrite $said, syscall($unshare + 0, 0x10000000) == 0 ? 'y' : 'n';
  sysread $stay, my $end, 1;
  exit 0;
}
close $stay;
sysread $ready, my $is, 1;
must('a user namespace', $is eq 'y' ? 0 : -1);
for my $map ('uid_map', 'gid_map') {
  open(my $file, '>', "/proc/$child/$map") or must($map, -1);
  must($map, syswrite($file, "0 $uid 1\n") ? 0 : -1);
  close $file;
}
open(my $users, '<', "/proc/$child/ns/user") or must('a user namespace', -1);
my ($lower, $workspace) = ('lower', 'workspace');
my $copy = must('open_tree', syscall(428, -100, $tree, 0x80001));
my $attributes = pack('QQQQ', 0x00100000, 0, 0, fileno $users);
must('mount_setattr', syscall(442, $copy, $empty, 0x1000, $attributes, 32));
must('move_mount', syscall(429, $copy, $empty, -100, $lower, 4));
my $made = must('fsopen', syscall(430, $overlay, 0));
for my $pair (['lowerdir', 'lower'], ['upperdir', 'upper'], ['workdir', 'work'], ['redirect_dir', 'on'], ['metacopy', 'off'], ['index', 'off']) {
  my ($key, $value) = @$pair;
  must($key, syscall(431, $made, 1, $key, $value, 0));
}
must('fsconfig', syscall(431, $made, 6, 0, 0, 0));
my $mount = must('fsmount', syscall(432, $made, 0, 6));
must('move_mount', syscall(429, $mount, $empty, -100, $workspace, 4));
must('umount', syscall($umount + 0, $lower, 2));
close $go;
waitpid $child, 0;
`;

/** Numbers of `unshare` and `umount2`. */
const oldCalls: Readonly<Record<string, readonly [number, number]>> = {
  x64: [272, 166],
  arm64: [97, 39],
};

/** Longest time that a mount or its end may take, ms. */
const limitMs = 30_000;

/** Makes the directories of layers in `dir` and mounts `tree` below them, as its owner's. @throws CommandError */
async function mountLayers(dir: string, tree: string, owner: Owner): Promise<void> {
  const calls = oldCalls[process.arch];
  if (calls === undefined || owner.uid !== owner.gid) throw new Error('not for this machine');
  const args = ['-e', layerScript, dir, tree, String(owner.uid), ...calls.map(String)];
  await mustRun('perl', args, { timeoutMs: limitMs });
}

/** Empty directories for the layers of a job. */
export async function makeLayerDirs(dir: string, owner: Owner): Promise<void> {
  await makeOwnedDir(join(dir, layerNames.lower), 0o700);
  await makeOwnedDir(join(dir, layerNames.work), 0o700);
  await makeOwnedDir(join(dir, layerNames.upper), 0o700, owner);
  await makeOwnedDir(join(dir, layerNames.merged), 0o700, owner);
}

async function mountsIn(dir: string): Promise<readonly string[]> {
  const real = await realpath(dir);
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const points = lines.map((line) => mountPoint(line.split(' ')[4] ?? ''));
  return points.filter((point) => point.startsWith(`${real}/`)).toReversed();
}

/** Ends the mounts in a directory of layers, if it is one. @throws CommandError when one stays */
async function unmountLayers(dir: string): Promise<void> {
  if (!(await exists(join(dir, layerNames.upper)))) return;
  for (const point of await mountsIn(dir)) {
    const { exitCode } = await runCommand('umount', ['--', point], { timeoutMs: limitMs });
    // Somebody may look at it still; it goes when they are done.
    if (exitCode !== 0) await mustRun('umount', ['--lazy', '--', point], { timeoutMs: limitMs });
  }
}

/** Whether all of it works here, tried below `dir`. */
async function canMountLayers(dir: string): Promise<boolean> {
  const place = await mkdtemp(join(dir, 'draft-'));
  const owner = { uid: 1, gid: 1 };
  try {
    const tree = join(place, 'tree');
    await makeOwnedDir(tree, 0o755);
    await writeFile(join(tree, 'file'), '');
    await makeLayerDirs(place, owner);
    await mountLayers(place, tree, owner);
    return (await stat(join(place, layerNames.merged, 'file'))).uid === owner.uid;
  } catch {
    return false;
  } finally {
    await unmountLayers(place).catch(() => {});
    await rm(place, { recursive: true, force: true });
  }
}

/** How the tree of a folder becomes the workspaces of jobs without a copy. */
export interface LayerMounts {
  works(dir: string): Promise<boolean>;
  mount(dir: string, tree: string, owner: Owner): Promise<void>;
  unmount(dir: string): Promise<void>;
}

/** Of this host's kernel; for root. */
export const hostLayerMounts: LayerMounts = {
  works: canMountLayers,
  mount: mountLayers,
  unmount: unmountLayers,
};
