import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { commonDevices, confined, programFiles } from '@cynodeai/runtime/confine';
import type { RelayCommand } from '../adapters/relay/relay-process.ts';

/** The module that runs a node, and its relay when told so: the bundle this code is in, or the source beside it. */
const isBundled = basename(import.meta.filename) === 'main.mjs';
const nodeModule = isBundled ? import.meta.filename : join(import.meta.dirname, 'node.ts');
/** A bundle lies as deep in its checkout as this source. */
const checkout = join(import.meta.dirname, '../../../..');
/** Its memory, MiB: what the largest bodies of all jobs need several times over. */
const heapMiB = 192;

/** What Node is told to be the relay. */
export const relayWord = 'relay';

/**
 * How a node starts its relay: with no right at all, and no file but what it runs from.
 * @param certificates a file with further certificates, which a model service behind TLS may need
 */
export function relayCommand(certificates: string | undefined): RelayCommand {
  const extra = certificates ? [resolve(certificates)] : [];
  const args = [`--max-old-space-size=${heapMiB}`, nodeModule, relayWord];
  const command = confined(
    { program: process.execPath, args },
    {
      kind: 'full',
      asNobody: process.geteuid?.() === 0,
      files: { read: [...programFiles(checkout), ...extra], write: commonDevices },
      channel: true,
    },
    process.arch,
  );
  const cache = join(dirname(nodeModule), 'compile-cache');
  const env = {
    ...(isBundled && { NODE_COMPILE_CACHE: cache }),
    ...(extra[0] !== undefined && { NODE_EXTRA_CA_CERTS: extra[0] }),
  };
  return { ...command, env };
}
