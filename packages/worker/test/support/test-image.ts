import { copyFile, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { exists } from '@cynodeai/runtime/files';
import { mustRun, runCommand } from '@cynodeai/runtime/process';

/** Image of the tests: the host's own small programs, because no registry is needed for them. */
export const testImage = 'localhost/cynode/test:latest';

const programs =
  'sh cat chmod cp curl cut dd env false find grep head id kill ln ls mkdir mount mv od perl ps readlink rm seq sha256sum sleep sort stat tail touch tr true uname wc yes'.split(
    ' ',
  );

async function locate(program: string): Promise<string> {
  for (const dir of ['/usr/bin', '/bin', '/usr/sbin', '/sbin']) {
    const path = join(dir, program);
    if (await exists(path)) return path;
  }
  throw new Error(`the host has no program ${program}`);
}

/** Shared libraries and the loader a program needs; none for a static one. */
async function librariesOf(path: string): Promise<readonly string[]> {
  const { stdout } = await runCommand('ldd', [path]);
  return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+)/gm)].flatMap((match) => match[1] ?? []);
}

async function build(root: string): Promise<void> {
  for (const dir of ['bin', 'etc', 'job', 'proc', 'sys', 'dev', 'run', 'tmp', 'usr', 'workspace']) {
    await mkdir(join(root, dir), { recursive: true });
  }
  await mkdir(join(root, 'var/tmp'), { recursive: true });
  await mustRun('chmod', ['1777', join(root, 'tmp'), join(root, 'var/tmp')]);
  await symlink('../bin', join(root, 'usr', 'bin'));
  const libraries = new Set<string>();
  for (const program of programs) {
    const path = await locate(program);
    await copyFile(path, join(root, 'bin', program));
    for (const library of await librariesOf(path)) libraries.add(library);
  }
  for (const library of libraries) {
    await mkdir(dirname(join(root, library)), { recursive: true });
    await copyFile(library, join(root, library));
  }
}

/** The root file system as a tar archive; made once and kept in the temporary folder of the user. */
export async function testImageArchive(): Promise<string> {
  const archive = join(tmpdir(), `cynode-worker-test-image-5-${process.getuid?.() ?? 0}.tar`);
  if (await exists(archive)) return archive;
  const root = await mkdtemp(join(tmpdir(), 'cynode-rootfs-'));
  try {
    await build(root);
    const next = `${root}.tar`;
    await mustRun('chmod', ['755', root]);
    const owner = ['--owner=0', '--group=0', '--numeric-owner'];
    await mustRun('tar', ['-C', root, ...owner, '-cf', next, '.']);
    await rename(next, archive);
    return archive;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
