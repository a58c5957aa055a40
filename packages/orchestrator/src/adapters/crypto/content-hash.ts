import { createHash } from 'node:crypto';
import type { ContentHash } from '../../ports/blob-index.ts';

/** SHA-256 as Node has it. */
export function newContentHash(): ContentHash {
  const hash = createHash('sha256');
  return { update: (chunk) => void hash.update(chunk), hex: () => hash.digest('hex') };
}
