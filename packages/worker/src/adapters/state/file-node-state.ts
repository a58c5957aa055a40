import { ulidSchema } from '@cynodeai/contracts/common';
import { type Lock, LockError, takeLock, writeFileAtomic } from '@cynodeai/runtime/files';
import { errorCodeOf, messageOf, parseJson } from '@cynodeai/runtime/std';
import { access, constants, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NodeError } from '../../domain/node/node-error.ts';
import type { NodeState } from '../../ports/node-state.ts';
import { openIdentity } from './identity-file.ts';
import { openWorkerCertificate } from './worker-certificate.ts';

const fileName = 'applied-config.json';
const identityName = 'identity.pem';
const certificateName = 'worker-api.pem';
const contentSchema = z.looseObject({ config_version: ulidSchema });

function unusable(path: string, cause: unknown): NodeError {
  const message = `the state directory cannot be used (${messageOf(cause)}); make ${path} writable for this user or set CYNODE_STATE_DIR`;
  return new NodeError('state_unusable', message, { cause });
}

/** Takes the state directory for this process. @throws NodeError `state_locked` naming the holder */
async function lockState(stateDir: string): Promise<Lock> {
  try {
    return await takeLock(join(stateDir, 'node.lock'), { waitMs: 0 });
  } catch (cause) {
    if (!(cause instanceof LockError) || cause.code !== 'held') throw cause;
    const holder = cause.holder === undefined ? 'another process' : `process ${cause.holder}`;
    const message = `${stateDir} is in use by a node (${holder}); stop that node first, or give this one a CYNODE_STATE_DIR of its own`;
    throw new NodeError('state_locked', message, { cause });
  }
}

/** The node's memory as small files in its state directory, written atomically. */
export function createFileNodeState(stateDir: string): NodeState {
  const path = join(stateDir, fileName);
  let lock: Lock | undefined;
  return {
    open: async () => {
      try {
        await mkdir(stateDir, { recursive: true, mode: 0o700 });
        await access(stateDir, constants.R_OK | constants.W_OK | constants.X_OK);
        lock ??= await lockState(stateDir);
      } catch (cause) {
        throw cause instanceof NodeError ? cause : unusable(stateDir, cause);
      }
    },
    close: async () => {
      await lock?.release();
      lock = undefined;
    },
    identity: async () => {
      try {
        return await openIdentity(join(stateDir, identityName));
      } catch (cause) {
        throw cause instanceof NodeError ? cause : unusable(stateDir, cause);
      }
    },
    certificate: async (slug) => {
      const file = join(stateDir, certificateName);
      try {
        return { certificate: await openWorkerCertificate(file, slug, new Date()), file };
      } catch (cause) {
        throw unusable(stateDir, cause);
      }
    },
    lastApplied: async () => {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (cause) {
        if (errorCodeOf(cause) === 'ENOENT') return undefined;
        throw unusable(stateDir, cause);
      }
      try {
        return contentSchema.parse(parseJson(text)).config_version;
      } catch (cause) {
        // Without it an older configuration could not be told from a newer one.
        const message = `${path} is damaged; delete it to accept any configuration version`;
        throw new NodeError('state_unusable', message, { cause });
      }
    },
    saveApplied: async (configVersion) => {
      try {
        const text = `${JSON.stringify({ config_version: configVersion })}\n`;
        await writeFileAtomic(path, text);
      } catch (cause) {
        throw unusable(stateDir, cause);
      }
    },
  };
}
