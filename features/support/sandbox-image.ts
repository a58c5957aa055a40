import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './orchestrator.ts';
import { runToEnd } from './run-to-end.ts';

export const sandboxImage = 'localhost/cynode/sandbox:latest';

const recipe = ['build.sh', 'packages.txt'].map((name) => join(root, 'images/sandbox', name));

/** The sandbox image as a tar file; built from the product's own recipe once per recipe. */
export async function sandboxImageTar(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of recipe) hash.update(readFileSync(file));
  const directory = join(root, '.cynode/test-images');
  const tar = join(directory, `${hash.digest('hex').slice(0, 16)}.tar`);
  if (existsSync(tar)) return tar;
  mkdirSync(directory, { recursive: true });
  const draft = `${tar}.${process.pid}`;
  await runToEnd('sh', ['images/sandbox/build.sh', draft], {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  });
  renameSync(draft, tar);
  return tar;
}
