import { TreeReader } from '@cynodeai/runtime/archive';
import type { Env } from '@cynodeai/runtime/config';
import { temporaryDirectory } from '@cynodeai/testing';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { openFolder } from './local-folder.ts';

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

/** What of a folder is sent: names, with what they hold or lead to. */
async function sent(path: string, caller: Env = {}): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  let last = '';
  const reader = new TreeReader(
    { bytes: 1e9, entries: 1e5 },
    {
      file: ({ name, executable }) => {
        last = executable ? `${name}*` : name;
        found[last] = '';
      },
      bytes: (bytes) => void (found[last] += bytes.toString()),
      fileEnd: () => {},
      link: ({ name, target }) => void (found[name] = `-> ${target}`),
      folder: ({ name }) => void (found[`${name}/`] = ''),
    },
  );
  const folder = openFolder(path, caller);
  let bytes = 0;
  for await (const chunk of folder.chunks()) {
    bytes += chunk.length;
    reader.write(chunk);
  }
  expect(bytes).toBe(folder.sizeBytes);
  reader.end();
  return found;
}

const git = (cwd: string, ...args: readonly string[]): void =>
  void execFileSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'protocol.file.allow=always', ...args],
    { cwd, stdio: 'ignore' },
  );

describe('a folder that is no checkout', () => {
  it('goes with everything but what is made anew, and says what was left out', async () => {
    await using dir = await temporaryDirectory();
    write(dir.path, {
      'a.c': 'int',
      'lib/b': 'b',
      'node_modules/x/y': '',
      '__pycache__/c': '',
      'target/keep': 'k',
    });
    write(dir.path, { 'rust/Cargo.toml': '', 'rust/target/big': '' });
    mkdirSync(join(dir.path, 'empty'));
    writeFileSync(join(dir.path, 'run'), '', { mode: 0o755 });
    symlinkSync('lib/b', join(dir.path, 'to'));
    expect(await sent(dir.path)).toEqual({
      'a.c': 'int',
      'empty/': '',
      'lib/b': 'b',
      'run*': '',
      'rust/Cargo.toml': '',
      'target/keep': 'k',
      to: '-> lib/b',
    });
    const { notes, entries, bytes } = openFolder(dir.path);
    expect([entries, bytes]).toEqual([7, 5]);
    expect(notes).toHaveLength(1);
    for (const name of ['node_modules', '__pycache__', 'rust/target']) {
      expect(notes[0]).toContain(JSON.stringify(name));
    }
  });

  it('keeps links as links and leaves out what is no file, by their names', async () => {
    await using dir = await temporaryDirectory();
    write(dir.path, { a: 'a', 'in/b': 'b' });
    symlinkSync('/etc/passwd', join(dir.path, 'absolute'));
    symlinkSync('../../up', join(dir.path, 'in/up'));
    symlinkSync('../a', join(dir.path, 'in/inside'));
    symlinkSync('/etc', join(dir.path, 'folder'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(dir.path, 'pipe')]);
    const server = createServer().listen(join(dir.path, 'socket'));
    expect(Object.keys(await sent(dir.path)).toSorted()).toEqual([
      'a',
      'absolute',
      'folder',
      'in/b',
      'in/inside',
      'in/up',
    ]);
    const { notes } = openFolder(dir.path);
    server.close();
    expect(notes).toEqual([
      'left out, for they are no files: "pipe", "socket"',
      'links that lead out of the folder are sent as links, without what they lead to: "absolute", "folder", "in/up"',
    ]);
  });

  it('takes names with line breaks, and refuses by its name what is not UTF-8', async () => {
    await using dir = await temporaryDirectory();
    write(dir.path, { 'a\nb': '1', '-rf': '2', ' ': '3' });
    expect(Object.keys(await sent(dir.path))).toHaveLength(3);
    writeFileSync(Buffer.concat([Buffer.from(`${dir.path}/`), Buffer.of(0xff)]), '');
    await expect(sent(dir.path)).rejects.toThrow('is not UTF-8; rename it');
  });

  it('refuses a sparse terabyte before it reads a byte of it', async () => {
    await using dir = await temporaryDirectory();
    write(dir.path, { sparse: '' });
    truncateSync(join(dir.path, 'sparse'), 1024 ** 4);
    expect(() => openFolder(dir.path)).toThrow('more than 8 GiB');
  });

  it.each([
    ['is changed', (path: string) => writeFileSync(path, 'other text')],
    ['grows', (path: string) => appendFileSync(path, 'x')],
    ['becomes shorter', (path: string) => truncateSync(path, 1)],
    ['is deleted', (path: string) => rmSync(path)],
    [
      'becomes a link',
      (path: string) => {
        rmSync(path);
        symlinkSync('/etc/passwd', path);
      },
    ],
    [
      'becomes a pipe',
      (path: string) => {
        rmSync(path);
        execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
      },
    ],
    [
      'is another file',
      (path: string) => {
        writeFileSync(`${path}2`, 'some text');
        renameSync(`${path}2`, path);
      },
    ],
  ])('is not sent when a file of it %s meanwhile', async (_what, change) => {
    await using dir = await temporaryDirectory();
    write(dir.path, { 'a/file': 'some text' });
    const folder = openFolder(dir.path);
    change(join(dir.path, 'a/file'));
    await expect(buffer(folder.chunks())).rejects.toThrow(
      '"a/file" changed while the folder was read; try again',
    );
  });

  it('is another one when a folder on the way becomes a link to a like one', async () => {
    await using dir = await temporaryDirectory();
    write(dir.path, { 'sent/a/file': 'inside', 'secret/file': 'hidden' });
    const folder = openFolder(join(dir.path, 'sent'));
    rmSync(join(dir.path, 'sent/a'), { recursive: true });
    symlinkSync('../secret', join(dir.path, 'sent/a'));
    await expect(buffer(folder.chunks())).rejects.toThrow('changed while');
  });

  it('has one fingerprint until a file is touched', async () => {
    await using dir = await temporaryDirectory();
    write(dir.path, { a: 'a', 'b/c': 'c' });
    const { fingerprint } = openFolder(dir.path);
    expect(openFolder(dir.path).fingerprint).toBe(fingerprint);
    utimesSync(join(dir.path, 'a'), 1, 1);
    const touched = openFolder(dir.path).fingerprint;
    chmodSync(join(dir.path, 'a'), 0o755);
    const marked = openFolder(dir.path).fingerprint;
    mkdirSync(join(dir.path, 'd'));
    expect(new Set([fingerprint, touched, marked, openFolder(dir.path).fingerprint]).size).toBe(4);
  });

  it.each([
    ['does not exist', 'gone'],
    ['is no folder', 'file'],
  ])('that %s is refused', async (why, name) => {
    await using dir = await temporaryDirectory();
    write(dir.path, { file: '' });
    expect(() => openFolder(join(dir.path, name))).toThrow(why);
  });
});

describe('a git checkout', () => {
  it('goes with what is tracked and what is not ignored', async () => {
    await using dir = await temporaryDirectory();
    write(dir.path, {
      '.gitignore': '*.o\nnode_modules\n',
      'a.c': 'int',
      'a.o': 'x',
      gone: '',
      'node_modules/x': '',
      'kept.o': 'k',
    });
    git(dir.path, 'init');
    git(dir.path, 'add', '.');
    git(dir.path, 'add', '-f', 'kept.o');
    git(dir.path, 'commit', '-m', 'a');
    write(dir.path, { 'new.c': 'n', 'sub/b.c': 'b', '.cynode/state': '' });
    rmSync(join(dir.path, 'gone'));
    expect(Object.keys(await sent(dir.path))).toEqual([
      '.gitignore',
      'a.c',
      'kept.o',
      'new.c',
      'sub/b.c',
    ]);
    expect(Object.keys(await sent(join(dir.path, 'sub')))).toEqual(['b.c']);
    expect(openFolder(dir.path).notes).toEqual(['left out: ".cynode"']);
  });

  it('goes with its submodules and the checkouts in it', async () => {
    await using dir = await temporaryDirectory();
    const other = join(dir.path, 'other');
    write(other, { 'lib.c': 'l', '.gitignore': 'out' });
    git(other, 'init');
    git(other, 'add', '.');
    git(other, 'commit', '-m', 'a');
    const main = join(dir.path, 'main');
    write(main, { 'main.c': 'm' });
    git(main, 'init');
    git(main, 'submodule', 'add', other, 'lib');
    execFileSync('cp', ['-r', other, join(main, 'beside')]);
    write(main, { 'lib/out': 'ignored', 'lib/new': 'n' });
    expect(Object.keys(await sent(main))).toEqual([
      '.gitmodules',
      'beside/.gitignore',
      'beside/lib.c',
      'lib/.gitignore',
      'lib/lib.c',
      'lib/new',
      'main.c',
    ]);
  });

  it('goes by its own folder, whatever a git that started this says of another repository', async () => {
    await using dir = await temporaryDirectory();
    const [main, other] = [join(dir.path, 'main'), join(dir.path, 'other')];
    for (const [path, file] of [
      [main, 'sub/tracked'],
      [other, 'foreign'],
    ] as const) {
      write(path, { [file]: '', '.gitignore': 'secret\n' });
      git(path, 'init');
      git(path, 'add', '.');
      git(path, 'commit', '-m', 'a');
    }
    write(main, { 'sub/secret': 'hidden', 'sub/new': '' });
    for (const of of [main, other]) {
      const env = {
        GIT_DIR: join(of, '.git'),
        GIT_WORK_TREE: of,
        GIT_INDEX_FILE: join(of, '.git/index'),
        GIT_PREFIX: 'x/',
        GIT_CONFIG_PARAMETERS: "'core.excludesFile'='/dev/null'",
      };
      // All at once, as for a hook, and each one by itself.
      const alone = Object.entries(env).map(([name, value]) => ({ [name]: value }));
      for (const caller of [env, ...alone]) {
        expect(Object.keys(await sent(join(main, 'sub'), caller))).toEqual(['new', 'tracked']);
        expect(openFolder(join(main, 'sub'), caller).notes).toEqual([]);
      }
    }
  });

  it('that git cannot list goes like any folder, and says why', async () => {
    await using dir = await temporaryDirectory();
    write(dir.path, { a: 'a', '.git': 'gitdir: /nowhere' });
    expect(Object.keys(await sent(dir.path))).toEqual(['a']);
    expect(openFolder(dir.path).notes[0]).toMatch(
      /ignored files are sent too: .*not a git repository/,
    );
  });
});
