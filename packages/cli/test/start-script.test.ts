import { parseJson } from '@cynodeai/runtime/std';
import { Child, type Outcome } from '@cynodeai/testing/harness';
import { chmod, cp, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Home, executable } from './support/cynork.ts';

let home: Home;
let checkout: string;

/** A checkout of our own whose entry prints where it runs, so that the script alone is under test. */
beforeEach(async () => {
  home = await Home.create();
  checkout = join(home.path, 'checkout');
  await mkdir(join(checkout, 'packages/cli/src'), { recursive: true });
  await mkdir(join(checkout, 'node_modules/commander'), { recursive: true });
  await cp(executable, join(checkout, 'cynork'));
  await writeFile(
    join(checkout, 'packages/cli/src/main.ts'),
    'console.log(JSON.stringify({ node: process.execPath, args: process.argv.slice(2) }));',
  );
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

/** A program that answers like a Node of some version and counts how often it is asked. */
async function fakeNode(folder: string, accepts: boolean): Promise<string> {
  const path = await home.file(
    `${folder}/node`,
    accepts
      ? `#!/bin/sh\necho asked >>"$(dirname "$0")/asked"\nexec '${process.execPath}' "$@"\n`
      : '#!/bin/sh\nexit 1\n',
  );
  await chmod(path, 0o755);
  return path;
}

function start(program: string, path: string, args: readonly string[] = []): Promise<Outcome> {
  const env = { PATH: `${path}:/usr/bin:/bin`, HOME: home.path };
  return new Child(program, args, { env }).outcome;
}

const nodeFolder = dirname(process.execPath);

describe('the start script', () => {
  it('prefers the bundle', async () => {
    await mkdir(join(checkout, '.cynode/programs/cynork'), { recursive: true });
    await writeFile(join(checkout, '.cynode/programs/cynork/start.mjs'), "console.log('bundled');");
    expect(await start(join(checkout, 'cynork'), nodeFolder)).toMatchObject({
      code: 0,
      stdout: 'bundled\n',
    });
  });

  it('works through symbolic links, from any folder, and keeps arguments apart', async () => {
    await symlink(join(checkout, 'cynork'), join(home.path, 'first'));
    await mkdir(join(home.path, 'bin'));
    await symlink('../first', join(home.path, 'bin/second'));
    const outcome = await start(join(home.path, 'bin/second'), nodeFolder, ['a b', '', '*', "'$x"]);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(parseJson(outcome.stdout)).toMatchObject({ args: ['a b', '', '*', "'$x"] });
  });

  it('prefers the Node of the checkout', async () => {
    const own = join(checkout, '.cynode/node/bin/node');
    await mkdir(dirname(own), { recursive: true });
    await writeFile(own, '#!/bin/sh\necho own\n', { mode: 0o755 });
    expect((await start(join(checkout, 'cynork'), nodeFolder)).stdout).toBe('own\n');
  });

  it('asks a Node for its version once, and again when it has changed', async () => {
    const node = await fakeNode('machine', true);
    const asked = async (): Promise<number> =>
      (await readFile(join(dirname(node), 'asked'), 'utf8')).split('\n').length - 1;
    const first = await start(join(checkout, 'cynork'), dirname(node));
    expect(parseJson(first.stdout)).toMatchObject({ node: process.execPath });
    await start(join(checkout, 'cynork'), dirname(node));
    expect(await asked()).toBe(1);
    const other = await fakeNode('other', true);
    await start(join(checkout, 'cynork'), dirname(other));
    await expect(readFile(join(dirname(other), 'asked'), 'utf8')).resolves.toBe('asked\n');
    const { stderr } = await start(join(checkout, 'cynork'), dirname(await fakeNode('old', false)));
    expect(stderr).toContain('is older than Node.js 24.7');
  });

  it('works in a checkout that cannot be written', async () => {
    await writeFile(join(checkout, '.cynode'), '');
    expect(await start(join(checkout, 'cynork'), nodeFolder)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await readdir(checkout)).not.toContain('machine-node');
  });

  it.each(['an old Node', 'no packages'])('says what to do with %s, exit 8', async (what) => {
    const old = dirname(await fakeNode('old', false));
    if (what === 'no packages') await rm(join(checkout, 'node_modules'), { recursive: true });
    const outcome = await start(
      join(checkout, 'cynork'),
      what === 'an old Node' ? old : nodeFolder,
    );
    expect([outcome.code, outcome.stdout]).toEqual([8, '']);
    expect(outcome.stderr).toMatch(/^error: .*run .*\/cynode doctor first\n$/);
  });
});
