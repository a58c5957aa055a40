import { isBundleFresh, nodeArguments } from '@cynodeai/launcher/programs';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { parseJson } from '@cynodeai/runtime/std';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeBundle } from './write-bundle.ts';

const run = promisify(execFile);
const cynork = { name: 'cynork', entry: 'packages/cli/src/main.ts', nodeFlags: [], inParts: true };
const whole = { ...cynork, inParts: false };
const { entry } = cynork;
const folder = '.cynode/programs/cynork';
const word = 'packages/cli/src/word.ts';
let checkout: string;

const put = (path: string, text: string): Promise<void> => writeFile(join(checkout, path), text);
const bundle = (program = cynork): Promise<void> => writeBundle(checkout, program);
const isFresh = (): boolean => isBundleFresh(checkout, cynork);

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'bundle-'));
  await mkdir(join(checkout, 'packages/cli/src/start'), { recursive: true });
  await put('package.json', '{"type":"module"}');
  await put('packages/cli/package.json', '{"type":"module","version":"1"}');
  await put(word, `export const word: string = 'one';`);
  await put(
    'packages/cli/src/start/place.ts',
    'export const place: string = import.meta.dirname;\nexport function fail(): never {\n  throw new Error(place);\n}\n',
  );
  await put(
    entry,
    `import { realpathSync } from 'node:fs';
import { word } from './word.ts';
if (process.argv[2] === 'late') {
  console.log('waiting');
  await new Promise((resolve) => process.stdin.once('end', resolve).resume());
}
const { place, fail } = await import('./start/place.ts');
if (process.argv[2] === 'fail') fail();
console.log(JSON.stringify({ word, place: realpathSync(place), url: import.meta.url }));`,
  );
});

afterEach(async () => {
  await rm(checkout, { recursive: true, force: true });
});

interface Printed {
  readonly word: string;
  readonly place: string;
  readonly url: string;
}

async function start(): Promise<Printed> {
  const { stdout } = await run(process.execPath, [join(checkout, folder, 'start.mjs')]);
  return parseJson(stdout) as Printed;
}

/** Folders of bundles, the newest of which may be the only one. */
async function bundles(): Promise<string[]> {
  const names = await readdir(join(checkout, folder));
  return names.filter((name) => name !== 'start.mjs');
}

const fromBundle = expect.stringMatching(
  /\.cynode\/programs\/cynork\/[0-9a-f]{16}\/main\.mjs$/,
) as string;
const fromSources = expect.stringMatching(/packages\/cli\/src\/main\.ts$/) as string;

describe('writeBundle', () => {
  it.each([
    ['in parts', cynork],
    ['whole', whole],
  ])('runs the bundle %s, where modules believe to be in their places', async (_how, program) => {
    await bundle(program);
    expect(await start()).toEqual({
      word: 'one',
      place: join(checkout, 'packages/cli/src/start'),
      url: fromBundle,
    });
  });

  it('an edit is never missed, even one that keeps size and time; then the next bundle runs', async () => {
    expect(isFresh()).toBe(false);
    await bundle();
    expect(isFresh()).toBe(true);
    const { atime, mtime } = await stat(join(checkout, word));
    await put(word, `export const word: string = 'two';`);
    await utimes(join(checkout, word), atime, mtime);
    expect(isFresh()).toBe(false);
    expect(await start()).toMatchObject({ word: 'two', url: fromSources });
    await bundle();
    expect(await start()).toMatchObject({ word: 'two', url: fromBundle });
  });

  it.each([
    ['other exports of a package', 'packages/cli/package.json'],
    ['other packages', 'node_modules/.package-lock.json'],
  ])('%s count as an edit', async (_title, path) => {
    await mkdir(join(checkout, 'node_modules'));
    await put('node_modules/.package-lock.json', '{}');
    await bundle();
    await put(path, '{"type":"module","version":"2"}');
    expect(await start()).toMatchObject({ url: fromSources });
  });

  it('a source that is gone counts as an edit', async () => {
    await bundle();
    await rm(join(checkout, word));
    await expect(start()).rejects.toThrow('word.ts');
  });

  it('another entry or another kind of bundle counts as an edit', async () => {
    await bundle();
    expect(isBundleFresh(checkout, { ...cynork, entry: word })).toBe(false);
    expect(isBundleFresh(checkout, whole)).toBe(false);
  });

  it('a program without its bundle, or with a part of one, runs from its sources', async () => {
    expect(nodeArguments(checkout, { ...cynork, nodeFlags: ['--flag'] })).toEqual([
      '--flag',
      join(checkout, entry),
    ]);
    await bundle();
    expect(nodeArguments(checkout, cynork)).toEqual([join(checkout, folder, 'start.mjs')]);
    const [name = ''] = await bundles();
    await rm(join(checkout, folder, name), { recursive: true });
    expect(nodeArguments(checkout, cynork)).toEqual([join(checkout, entry)]);
    expect(await start()).toMatchObject({ url: fromSources });
  });

  it('a whole bundle needs nothing from disk once it runs', async () => {
    await bundle(whole);
    const running = run(process.execPath, [join(checkout, folder, 'start.mjs'), 'late']);
    if (running.child.stdout !== null) await once(running.child.stdout, 'data');
    for (const name of await bundles()) await rm(join(checkout, folder, name), { recursive: true });
    running.child.stdin?.end();
    const { stdout } = await running;
    expect(parseJson(stdout.replace('waiting', ''))).toMatchObject({ url: fromBundle });
  });

  it('keeps what is beyond ASCII, and is of ASCII alone', async () => {
    const text = '“é” → \u{1F600}';
    await put(word, `export const word: string = '${text}';`);
    await bundle();
    expect(await start()).toMatchObject({ word: text, url: fromBundle });
    const [name = ''] = await bundles();
    const main = await readFile(join(checkout, folder, name, 'main.mjs'), 'latin1');
    expect(main).toMatch(/^\p{ASCII}*$/u);
  });

  it('is compiled before its first start, without being run', async () => {
    await put(
      entry,
      `import { writeFileSync } from 'node:fs';\nwriteFileSync('${checkout}/ran', '');`,
    );
    await bundle();
    const [name = ''] = await bundles();
    const caches = await readdir(join(checkout, folder, name, 'compile-cache'));
    expect(caches).toHaveLength(1);
    expect(await readdir(checkout)).not.toContain('ran');
    await run(process.execPath, [join(checkout, folder, 'start.mjs')]);
    expect(await readdir(checkout)).toContain('ran');
  });

  it('a failure names the function it happened in', async () => {
    await bundle();
    const failed = run(process.execPath, [join(checkout, folder, 'start.mjs'), 'fail']);
    await expect(failed).rejects.toThrow(/at fail .*\.mjs:\d+/);
  });

  it('several at once leave one bundle and no drafts, and few old ones stay', async () => {
    await Promise.all([bundle(), bundle(), bundle()]);
    expect(await bundles()).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
    for (const text of ['a', 'b', 'c', 'd']) {
      await put(word, `export const word: string = '${text}';`);
      await bundle();
    }
    expect(await start()).toMatchObject({ word: 'd', url: fromBundle });
    expect(await bundles()).toHaveLength(3);
  });
});
