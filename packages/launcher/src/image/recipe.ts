import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Repository of the image jobs run in by default. See docs/reference/sandbox.md#images. */
export const imageRepository = 'localhost/cynode/sandbox';

/** Configuration an archive of files does not carry. */
export const imageConfig = {
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  workdir: '/workspace',
  labels: ['io.cynodeai.sandbox.purpose=base-tools', 'io.cynodeai.sandbox.agent-compatible=false'],
} as const;

/** How the image is made, and the name that changes when this does. */
export interface Recipe {
  readonly dir: string;
  /** First 12 hex digits of the SHA-256 over everything that decides what is in the image. */
  readonly hash: string;
  readonly reference: string;
}

/** The recipe of a checkout. */
export function readRecipe(checkout: string): Recipe {
  const dir = join(checkout, 'images/sandbox');
  const hash = createHash('sha256');
  for (const name of ['build.sh', 'packages.txt']) hash.update(readFileSync(join(dir, name)));
  hash.update(JSON.stringify(imageConfig));
  const short = hash.digest('hex').slice(0, 12);
  return { dir, hash: short, reference: `${imageRepository}:${short}` };
}
