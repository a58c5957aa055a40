import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { DiskInstall } from './install.ts';
import { fillingPrograms } from './programs.ts';
import { fillDisk } from './run.ts';
import { Volume } from './volume.ts';

/**
 * Jobs that fill the disk of a whole install in every way, an ordinary job behind each. Root runs it, because the disk
 * is a file that is mounted.
 *   node chaos/full-disk/main.ts [--jobs N] [--size MIB] [--only TEXT]
 * Fewer jobs than there are take of every kind.
 */
const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: String(fillingPrograms.length) },
    // What a start asks for, image included, and 420 MiB.
    size: { type: 'string', default: '1124' },
    only: { type: 'string', default: '' },
  },
});
const say = (line: string): void => void process.stderr.write(`full-disk: ${line}\n`);

/** So many of them, from all over the list. */
function chosen(): typeof fillingPrograms {
  const named = fillingPrograms.filter(({ name }) => name.includes(values.only));
  const count = Math.min(Number(values.jobs), named.length);
  return named.filter((_program, index) => {
    const before = Math.floor((index * count) / named.length);
    return Math.floor(((index + 1) * count) / named.length) > before;
  });
}

const runtimeDir = mkdtempSync('/tmp/cyr-');
await using volume = await Volume.make(Number(values.size));
const install = new DiskInstall(volume.path, runtimeDir);
try {
  const first = await install.cynode('run', '--yes', '--commands', 'true');
  if (first.code !== 0) throw new Error(`the first job exited with ${first.code}: ${first.stderr}`);
  const freeMiB = Math.round(volume.freeBytes / 1024 ** 2);
  say(`the stack runs on a disk of ${values.size} MiB; ${freeMiB} MiB are free`);
  const verdict = await fillDisk(install, volume, chosen(), say);
  process.stdout.write(`${JSON.stringify(verdict, undefined, 2)}\n`);
  for (const violation of verdict.violations) say(violation);
  if (verdict.violations.length > 0) for (const line of install.warnings().slice(-20)) say(line);
  process.exitCode = verdict.violations.length === 0 ? 0 : 1;
} finally {
  const { code, stderr } = await install.cynode('reset', '--yes');
  if (code !== 0) say(`reset exited with ${code}: ${stderr}`);
  rmSync(join(runtimeDir), { recursive: true, force: true });
}
