import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { parseJson } from '@cynodeai/runtime/std';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isBundleFresh } from './start-file.ts';
import { writeBundle } from './write-bundle.ts';

const run = promisify(execFile);
const entry = 'packages/cli/src/main.ts';
const folder = '.cynode/cynork';
const word = 'packages/cli/src/word.ts';
let checkout: string;

const put = (path: string, text: string): Promise<void> => writeFile(join(checkout, path), text);
const bundle = (): Promise<void> => writeBundle({ checkout, entry, folder });
const isFresh = (): boolean => isBundleFresh({ checkout, entry, folder });

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

const fromBundle = expect.stringMatching(/\.cynode\/cynork\/[0-9a-f]{16}\/main\.mjs$/) as string;
const fromSources = expect.stringMatching(/packages\/cli\/src\/main\.ts$/) as string;

describe('writeBundle', () => {
  it('runs the bundle, where modules believe to be in their places', async () => {
    await bundle();
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

  it('a failure names the function it happened in', async () => {
    await bundle();
    const failed = run(process.execPath, [join(checkout, folder, 'start.mjs'), 'fail']);
    await expect(failed).rejects.toThrow(/at fail .*\.mjs:\d+/);
  });

  it('several at once leave one bundle and no drafts, and few old ones stay', async () => {
    await Promise.all([bundle(), bundle(), bundle()]);
    expect((await readdir(join(checkout, folder))).toSorted()).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}$/),
      'start.mjs',
    ]);
    for (const text of ['a', 'b', 'c', 'd']) {
      await put(word, `export const word: string = '${text}';`);
      await bundle();
    }
    expect(await start()).toMatchObject({ word: 'd', url: fromBundle });
    expect(await readdir(join(checkout, folder))).toHaveLength(4);
  });
});
