import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, runCommand } from '@cynodeai/runtime/process';
import { temporaryDirectory } from '@cynodeai/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureArchive } from '../src/image/build-archive.ts';
import { readRecipe } from '../src/image/recipe.ts';
import { checkoutDir } from '../src/install/paths.ts';

const recipe = readRecipe(checkoutDir);
const steps: string[] = [];

async function build(imagesDir: string): Promise<string> {
  mkdirSync(imagesDir, { recursive: true });
  return ensureArchive({
    recipe,
    imagesDir,
    env: {},
    signal: AbortSignal.timeout(300_000),
    onStep: (what) => void steps.push(what),
  });
}

describe('the sandbox image', () => {
  let archive = '';
  let digest = '';
  let entries: string[] = [];

  beforeAll(async () => {
    const dir = await temporaryDirectory();
    archive = await build(join(dir.path, 'images'));
    digest = createHash('sha256').update(readFileSync(archive)).digest('hex');
    const listing = await mustRun('tar', ['--list', '--verbose', '--file', archive]);
    entries = listing.split('\n');
    expect(readdirSync(join(dir.path, 'images'))).toEqual([`sandbox-${recipe.hash}.tar`]);
    return () => dir.remove();
  });

  const programs =
    'sh bash cat cp mv rm mkdir chmod chown find tar gzip unzip zip ps env printenv date curl jq diff awk sed grep ' +
    'git python3 make gcc cc ld ar perl patch xargs less bzip2 xz file bc tree rsync';
  it.each(programs.split(' '))('has the program %s (REQ-SANDBX-0126)', (program) => {
    const pattern = new RegExp(` \\./usr/bin/${program}( (->|link to) .*)?$`);
    expect(entries.some((entry) => pattern.test(entry))).toBe(true);
  });

  it('has certificates and what a C program is made with, and nothing that installs', () => {
    const paths = entries.map((entry) => entry.split(' ./')[1] ?? '');
    expect(paths).toContain('etc/ssl/certs/ca-certificates.crt');
    expect(paths).toContain('usr/include/stdio.h');
    for (const absent of ['usr/bin/apt-get', 'usr/bin/dpkg', 'usr/bin/pip3', 'usr/bin/sudo']) {
      expect(paths).not.toContain(absent);
    }
  });

  it('has nothing that could gain rights, and no device', () => {
    const modes = entries.map((entry) => entry.slice(0, 10));
    expect(modes.filter((mode) => /[sS]/.test(mode.slice(1)))).toEqual([]);
    expect(modes.filter((mode) => /^[bc]/.test(mode))).toEqual([]);
  });

  it('comes out the same twice', async () => {
    await using dir = await temporaryDirectory();
    const again = await build(join(dir.path, 'images'));
    expect(createHash('sha256').update(readFileSync(again)).digest('hex')).toBe(digest);
  });

  it('has in a variant what was asked for, and the links its packages would choose', async () => {
    await using dir = await temporaryDirectory();
    const variant = join(dir.path, 'variant.tar');
    await mustRun('sh', [join(recipe.dir, 'build.sh'), variant, 'gawk'], { timeoutMs: 300_000 });
    const listing = await mustRun('tar', ['--list', '--verbose', '--file', variant]);
    expect(listing).toContain(' ./usr/bin/gawk\n');
    expect(listing).toContain(' ./usr/bin/nawk -> /usr/bin/gawk\n');
    expect(listing).toContain(' ./usr/bin/gcc -> gcc-');
  });

  it.each([
    ['no-such-package-anywhere', 'the distribution has no package no-such-package-anywhere;'],
    ['gaw.', 'the distribution has no package gaw.;'],
    ['curl-', 'curl- is no name of a package'],
    ['-o', '-o is no name of a package'],
    ['$(touch pwned)', 'is no name of a package'],
  ])('is not built with %s, and says why before anything is fetched', async (name, words) => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'variant.tar');
    const result = await runCommand('sh', [join(recipe.dir, 'build.sh'), path, name], {
      timeoutMs: 120_000,
    });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(words);
    expect(result.stderr).not.toContain('unpacking');
    expect(readdirSync(dir.path)).toEqual([]);
  });

  it('is not built again when its archive is there, and tells what it does', async () => {
    expect(steps).toContain('building the sandbox image: unpacking');
    const before = steps.length;
    expect(await build(join(archive, '..'))).toBe(archive);
    expect(steps).toHaveLength(before);
  });
});
