/**
 * A job that does not hold still: `swapper.ts TREE OUTSIDE` puts a link to OUTSIDE in the place of each folder of TREE
 * and takes it away again, over and over, until its input ends.
 */
import { readdirSync, renameSync, symlinkSync } from 'node:fs';
import process from 'node:process';
import { join } from 'node:path';

const [tree = '', outside = ''] = process.argv.slice(2);
const link = join(tree, 'link');
const aside = join(tree, 'aside');

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Whoever removes the tree was faster.
  }
}

function round(): void {
  for (const name of readdirSync(tree)) {
    const folder = join(tree, name);
    if (folder === link || folder === aside) continue;
    attempt(() => symlinkSync(outside, link));
    attempt(() => renameSync(folder, aside));
    attempt(() => renameSync(link, folder));
    attempt(() => renameSync(folder, link));
    attempt(() => renameSync(aside, folder));
  }
}

process.stdin.resume().on('end', () => process.exit(0));
process.stdout.write('ready\n');
(function again(): void {
  attempt(round);
  setImmediate(again);
})();
