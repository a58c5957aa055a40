import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import { runCommand } from '@cynodeai/runtime/process';
import { parseJson } from '@cynodeai/runtime/std';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import { temporaryDirectory } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { filesBelow } from '../src/setup/backup.ts';
import { restore } from '../src/setup/restore.ts';
import { sealFiles } from '../src/setup/sealed-file.ts';

const passphrase = 'four words of a kind';
/** A key is slow to make on purpose, but for all of these. */
const work = 4;
const manifest = JSON.stringify({ version: 1, folders: ['postgres/cluster'] });

async function* files(): AsyncGenerator<ArchiveFile> {
  const bytes = Buffer.from(manifest);
  const chunks = (async function* () {
    yield bytes;
  })();
  yield { name: 'backup.json', sizeBytes: bytes.length, executable: false, chunks };
}

describe('what a backup takes of a folder', () => {
  const all = async (dir: string, meanwhile: (path: string) => void) => {
    const found: Record<string, string> = {};
    for await (const { name, sizeBytes, chunks } of filesBelow(dir, join(dir, 'artifacts'))) {
      meanwhile(join(dir, name));
      const bytes = await buffer(chunks);
      expect(bytes.length).toBe(sizeBytes);
      found[name] = bytes.toString();
    }
    return found;
  };

  it('is what is there when it is come to, though it goes or grows meanwhile', async () => {
    await using dir = await temporaryDirectory();
    const folder = join(dir.path, 'artifacts');
    mkdirSync(join(folder, 'aa'), { recursive: true });
    mkdirSync(join(folder, 'bb'));
    for (const name of ['aa/1', 'aa/2', 'aa/empty', 'bb/3']) {
      writeFileSync(join(folder, name), name.endsWith('empty') ? '' : name);
    }
    writeFileAtomicSync(join(folder, 'aa/4'), 'aa/4');
    writeFileSync(join(folder, 'aa/.5.0a1b2c.tmp'), 'half of it');
    const expected = {
      'artifacts/aa/1': 'aa/1',
      'artifacts/aa/2': 'aa/2',
      'artifacts/aa/4': 'aa/4',
      'artifacts/aa/empty': '',
      'artifacts/bb/3': 'bb/3',
    };
    expect(await all(dir.path, (path) => appendFileSync(path, ' and more'))).toEqual(expected);
    for (const [name, text] of Object.entries(expected)) writeFileSync(join(dir.path, name), text);
    expect(await all(dir.path, rmSync)).toEqual(expected);
    expect(await all(dir.path, () => {})).toEqual({});
  });

  it('leaves out what goes before it is come to', async () => {
    await using dir = await temporaryDirectory();
    const folder = join(dir.path, 'artifacts');
    mkdirSync(folder);
    for (const name of ['1', '2', '3']) writeFileSync(join(folder, name), name);
    const found = await all(dir.path, () => {
      for (const name of ['1', '2', '3']) rmSync(join(folder, name), { force: true });
    });
    expect(Object.keys(found)).toHaveLength(1);
    expect(Object.values(found)[0]).toMatch(/^[123]$/);
  });
});

describe('a restore', () => {
  it.each(['a folder', 'a link to a folder'])(
    'leaves alone what came into %s while the backup was read',
    async (what) => {
      await using dir = await temporaryDirectory();
      const path = join(dir.path, 'backup');
      await sealFiles(path, files(), passphrase, work);
      const real = join(dir.path, 'real');
      mkdirSync(real);
      const home = what === 'a folder' ? real : join(dir.path, 'link');
      if (home !== real) symlinkSync('real', home);
      const restoring = restore({ HOME: dir.path, CYNODE_HOME: home }, path, passphrase);
      // It has looked by now, and has yet to open the file.
      writeFileSync(join(real, 'install.json'), 'somebody else');
      await expect(restoring).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('holds an install or other files'),
      });
      expect(readdirSync(real)).toEqual(['install.json']);
      expect(existsSync(`${real}.restoring`)).toBe(false);
    },
  );
});

const source = (name: string): string =>
  fileURLToPath(new URL(`../src/setup/${name}.ts`, import.meta.url));

/** Seals a backup, or unpacks one, with a file of so many bytes that no compression makes fewer; says what went wrong, and what is left of it. */
const program = `
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { sealFiles } from ${JSON.stringify(source('sealed-file'))};
import { unpack } from ${JSON.stringify(source('restore'))};
const [what, path, bytes] = process.argv.slice(1);
const content = randomBytes(Number(bytes));
const file = (name, content) =>
  ({ name, sizeBytes: content.length, executable: false, chunks: [content] });
async function* files() {
  yield file('backup.json', Buffer.from(${JSON.stringify(manifest)}));
  yield file('large', content);
}
const doing = what === 'seal'
  ? sealFiles(path, files(), ${JSON.stringify(passphrase)}, ${work})
  : unpack(path + '.out', path, ${JSON.stringify(passphrase)});
const fault = await doing.then(() => undefined, (error) => error.message);
console.log(JSON.stringify({ fault, left: readdirSync(dirname(path)) }));
`;

/** Runs that where no file may be larger than so many KiB: a write goes as far as it can, as on a full disk. */
async function bounded(what: 'seal' | 'unpack', path: string, bytes: number, kib: string) {
  const script = `trap '' XFSZ; ulimit -f ${kib}; exec "$0" "$@"`;
  const node = [process.execPath, '--input-type=module', '-e', program, what, path, String(bytes)];
  const { stdout, stderr } = await runCommand('bash', ['-c', script, ...node]);
  expect(stderr).toBe('');
  return parseJson(stdout);
}

describe('a disk that becomes full', () => {
  // The limit lies within the first, a middle or the last piece of what is written.
  it.each([
    [10_000, 4],
    [100_000, 20],
    [100_000, 90],
    [300_000, 290],
  ])(
    'fails a backup of %i bytes that has room for %i KiB, and nothing stays',
    async (bytes, kib) => {
      await using dir = await temporaryDirectory();
      const path = join(dir.path, 'backup');
      expect(await bounded('seal', path, bytes, String(kib))).toEqual({
        fault: `cannot write ${path}: EFBIG`,
        left: [],
      });
      await bounded('seal', path, bytes, 'unlimited');
      expect(await bounded('unpack', path, bytes, String(kib))).toMatchObject({
        fault: expect.stringContaining('EFBIG'),
      });
    },
  );
});
