import { parseJson } from '@cynodeai/runtime/std';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkoutDir } from './paths.ts';
import { checkoutStamp } from './checkout-stamp.ts';

/** Version of the product, with the commit when this is a Git checkout. */
export function productVersion(): string {
  const manifest = readFileSync(join(checkoutDir, 'package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(parseJson(manifest));
  const stamp = checkoutStamp(checkoutDir);
  return /^[0-9a-f]{40,}$/.test(stamp) ? `${version} (${stamp.slice(0, 12)})` : version;
}
