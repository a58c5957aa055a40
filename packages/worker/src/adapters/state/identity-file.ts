import { type SigningKey, createSigningKey, readSigningKey } from '@cynodeai/runtime/crypto';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import { errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { readFile } from 'node:fs/promises';
import { NodeError } from '../../domain/node/node-error.ts';

/** The first registration binds the slug to this key, so it must be safe on disk before it is used. */
async function make(path: string): Promise<SigningKey> {
  const { key, pem } = createSigningKey();
  await writeFileAtomic(path, pem, { replace: false });
  return key;
}

/**
 * The key pair in a file that only the node's user can read, made when there is none.
 * @throws NodeError `state_unusable` for a damaged one: another key would be another node
 */
export async function openIdentity(path: string): Promise<SigningKey> {
  let pem: string;
  try {
    pem = await readFile(path, 'utf8');
  } catch (cause) {
    if (errorCodeOf(cause) === 'ENOENT') return make(path);
    throw cause;
  }
  try {
    return readSigningKey(pem);
  } catch (cause) {
    const message = `${path} is damaged (${messageOf(cause)}); bring it back from a copy, or delete it and have an administrator run cynork nodes allow-reregister with the slug of this node`;
    throw new NodeError('state_unusable', message, { cause });
  }
}
