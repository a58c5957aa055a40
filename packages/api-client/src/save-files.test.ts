import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packFiles } from '@cynodeai/runtime/archive';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import { temporaryDirectory } from '@cynodeai/testing';
import { expect, it } from 'vitest';
import { placeFiles, stepBack, withoutDraft } from './place-files.ts';
import { saveFiles } from './save-files.ts';

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
const file = (name: string, text = name, executable = false): ArchiveFile => ({
  name,
  sizeBytes: Buffer.byteLength(text),
  executable,
  chunks: once(text),
});
const keep = { replace: false } as const;

async function tree(path: string): Promise<readonly string[]> {
  return (await readdir(path, { recursive: true })).toSorted();
}

it('saves files with their folders and the right to run them, and says which', async () => {
  await using dir = await temporaryDirectory();
  const out = join(dir.path, 'a/b');
  const saved = await saveFiles(
    out,
    packFiles([file('x/run', 'run', true), file('new\nline')]),
    keep,
  );
  expect(saved).toEqual({ files: ['x/run', 'new\nline'], bytes: 11 });
  expect(await tree(out)).toEqual(['new\nline', 'x', 'x/run']);
  expect((await stat(join(out, 'x/run'))).mode & 0o111).not.toBe(0);
  expect((await stat(join(out, 'new\nline'))).mode & 0o111).toBe(0);
  expect(await tree(dir.path)).toEqual(['a', 'a/b', 'a/b/new\nline', 'a/b/x', 'a/b/x/run']);
});

it('adds to a folder that is there, and replaces only what it may', async () => {
  await using dir = await temporaryDirectory();
  await writeFile(join(dir.path, 'mine'), 'mine');
  await mkdir(join(dir.path, 'sub'));
  const archive = () => packFiles([file('sub/new'), file('mine', 'theirs')]);
  await expect(saveFiles(dir.path, archive(), keep)).rejects.toMatchObject({
    code: 'usage',
    message: `${dir.path}/mine exists; add --force to replace it`,
  });
  expect(await tree(dir.path)).toEqual(['mine', 'sub']);
  await saveFiles(dir.path, archive(), { replace: true });
  expect(await tree(dir.path)).toEqual(['mine', 'sub', 'sub/new']);
  expect(await readFile(join(dir.path, 'mine'), 'utf8')).toBe('theirs');
});

it.each(['../out', '/etc/cynode-out', 'a/../../out', 'a//b', './a', 'back\\slash', '.'])(
  'refuses an archive with a file %j, and keeps nothing of it',
  async (name) => {
    await using dir = await temporaryDirectory();
    const archive = packFiles([file('good'), file(name)]);
    await expect(saveFiles(join(dir.path, 'out'), archive, keep)).rejects.toMatchObject({
      code: 'gateway',
      message: expect.stringContaining('a file that must not be written'),
    });
    expect(await tree(dir.path)).toEqual([]);
  },
);

it('writes through no link, neither of the archive nor of the folder', async () => {
  await using dir = await temporaryDirectory();
  await mkdir(join(dir.path, 'elsewhere'));
  await mkdir(join(dir.path, 'out'));
  await symlink('../elsewhere', join(dir.path, 'out/link'));
  for (const replace of [false, true]) {
    await expect(
      saveFiles(join(dir.path, 'out'), packFiles([file('link/a')]), { replace }),
    ).rejects.toMatchObject({ code: 'usage', message: `${dir.path}/out/link is no folder` });
  }
  const made = execFileSync(
    'sh',
    [
      '-c',
      'mkdir t && cd t && ln -s ../elsewhere esc && tar -cf - esc && rm esc && mkdir esc && echo > esc/a && tar -cf - esc',
    ],
    { cwd: dir.path },
  );
  await saveFiles(join(dir.path, 'new'), pieces(made), keep);
  expect(await readdir(join(dir.path, 'elsewhere'))).toEqual([]);
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

it.each<readonly [string, (bytes: Uint8Array) => Uint8Array]>([
  ...[1, 511, 512, 700, 2511].map(
    (length): readonly [string, (bytes: Uint8Array) => Uint8Array] => [
      `is cut off after ${length}`,
      (bytes) => bytes.subarray(0, length),
    ],
  ),
  ['is no archive', () => Buffer.alloc(1000, 'x')],
  ['is a page', () => Buffer.from('<!doctype html><title>502</title>')],
])('keeps nothing of an archive that %s', async (_what, spoil) => {
  await using dir = await temporaryDirectory();
  const chunks: Uint8Array[] = [];
  for await (const chunk of packFiles([file('a', 'a'.repeat(2000))])) chunks.push(chunk);
  const archive = pieces(spoil(Buffer.concat(chunks)));
  await expect(saveFiles(join(dir.path, 'a/b/out'), archive, keep)).rejects.toMatchObject({
    code: 'gateway',
    message: expect.stringMatching(/^the gateway sent no whole archive of files: .+; try again$/),
  });
  expect(await tree(dir.path)).toEqual([]);
});

it('leaves a fault of the way as it is', async () => {
  await using dir = await temporaryDirectory();
  const fault = new Error('the connection broke');
  const broken = (async function* () {
    for await (const chunk of packFiles([file('a', 'a'.repeat(2000))])) {
      yield chunk.subarray(0, 700);
      throw fault;
    }
  })();
  await expect(saveFiles(join(dir.path, 'x/out'), broken, keep)).rejects.toBe(fault);
  expect(await tree(dir.path)).toEqual([]);
});

it.each([
  ['the same', ['a', 'b', 'a']],
  ['one within another', ['a', 'a/b']],
  ['one around another', ['a/b', 'a']],
])('keeps nothing of an archive with two files that cannot both be: %s', async (_what, names) => {
  await using dir = await temporaryDirectory();
  for (const folder of ['there', 'new']) {
    if (folder === 'there') await mkdir(join(dir.path, folder));
    const archive = packFiles(names.map((name) => file(name)));
    await expect(saveFiles(join(dir.path, folder), archive, keep)).rejects.toMatchObject({
      code: 'gateway',
    });
  }
  expect(await tree(dir.path)).toEqual(['there']);
});

/** Places, of which one is missing in the draft: a fault between two files. */
it.each([0, 1, 2, 3].flatMap((at) => [false, true].map((replace) => [at, replace] as const)))(
  'takes every step back after a fault at file %i, with replace %s',
  async (at, replace) => {
    await using dir = await temporaryDirectory();
    const [draft, aside, out] = ['draft', 'aside', 'out'].map((name) => join(dir.path, name)) as [
      string,
      string,
      string,
    ];
    const files = ['new/deep/a', 'mine', 'sub/link', 'b'];
    for (const folder of [join(draft, 'new/deep'), join(draft, 'sub'), aside, join(out, 'sub')]) {
      await mkdir(folder, { recursive: true });
    }
    await Promise.all(
      files.map(async (name, index) => {
        if (index !== at) await writeFile(join(draft, name), 'theirs');
      }),
    );
    if (replace) await writeFile(join(out, 'mine'), 'mine');
    if (replace) await symlink('../mine', join(out, 'sub/link'));
    const before = await tree(out);
    const undo: (() => Promise<void>)[] = [];
    const placed = placeFiles(draft, out, files, { replace, aside, undo });
    await expect(placed).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await stepBack(undo)).toBe(true);
    expect(await tree(out)).toEqual(before);
    if (!replace) return;
    expect(await readFile(join(out, 'mine'), 'utf8')).toBe('mine');
    expect(await readlink(join(out, 'sub/link'))).toBe('../mine');
  },
);

it.each(['mine', 'sub/mine'])(
  'keeps what gave way where it cannot be put back any more: %s',
  async (name) => {
    await using dir = await temporaryDirectory();
    const [work, out] = [join(dir.path, '.cynode-1'), join(dir.path, 'out')];
    const [draft, aside] = [join(work, 'new'), join(work, 'old')];
    await mkdir(aside, { recursive: true });
    for (const [place, text] of [
      [draft, 'theirs'],
      [out, 'my words'],
    ] as const) {
      await mkdir(dirname(join(place, name)), { recursive: true });
      await writeFile(join(place, name), text);
    }
    const undo = [withoutDraft(work)];
    const placed = placeFiles(draft, out, [name, 'gone'], { replace: true, aside, undo });
    await expect(placed).rejects.toMatchObject({ code: 'ENOENT' });
    // Somebody else puts a folder into the place.
    await rm(join(out, name));
    await mkdir(join(out, name));
    expect(await stepBack(undo)).toBe(false);
    expect(await readFile(join(aside, '0'), 'utf8')).toBe('my words');
  },
);

it('never takes the place of a file that came meanwhile, nor removes what others put beside', async () => {
  await using dir = await temporaryDirectory();
  const [draft, out] = [join(dir.path, 'draft'), join(dir.path, 'out')];
  await mkdir(join(draft, 'new'), { recursive: true });
  await mkdir(out);
  await writeFile(join(draft, 'new/a'), 'theirs');
  await writeFile(join(draft, 'b'), 'theirs');
  await writeFile(join(out, 'b'), 'mine');
  const undo: (() => Promise<void>)[] = [];
  const placed = placeFiles(draft, out, ['new/a', 'b'], { replace: false, aside: draft, undo });
  await expect(placed).rejects.toMatchObject({ code: 'EEXIST' });
  await writeFile(join(out, 'new/other'), 'other');
  expect(await stepBack(undo)).toBe(true);
  expect(await tree(out)).toEqual(['b', 'new', 'new/other']);
  expect(await readFile(join(out, 'b'), 'utf8')).toBe('mine');
});

it('needs no right to the folder above one that is there', async () => {
  await using dir = await temporaryDirectory();
  const out = join(dir.path, 'out');
  await mkdir(out);
  const seen: string[] = [];
  const watched = (async function* () {
    for await (const chunk of packFiles([file('a')])) {
      seen.push(...(await readdir(dir.path)));
      yield chunk;
    }
  })();
  await saveFiles(out, watched, keep);
  expect(new Set(seen)).toEqual(new Set(['out']));
  expect(await tree(dir.path)).toEqual(['out', 'out/a']);
});

it('names a place that is no folder', async () => {
  await using dir = await temporaryDirectory();
  await writeFile(join(dir.path, 'out'), '');
  await expect(saveFiles(join(dir.path, 'out'), packFiles([]), keep)).rejects.toThrow(
    'is no folder',
  );
  await expect(saveFiles(join(dir.path, 'out/in'), packFiles([]), keep)).rejects.toMatchObject({
    code: 'usage',
  });
});
