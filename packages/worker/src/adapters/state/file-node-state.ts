import { ulidSchema } from '@cynodeai/contracts/common';
import { messageOf } from '@cynodeai/runtime/std';
import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NodeError } from '../../domain/node/node-error.ts';
import type { NodeState } from '../../ports/node-state.ts';
import { lockState, type StateLock } from './state-lock.ts';

const fileName = 'applied-config.json';
const contentSchema = z.looseObject({ config_version: ulidSchema });

function unusable(path: string, cause: unknown): NodeError {
  const message = `the state directory cannot be used (${messageOf(cause)}); make ${path} writable for this user or set CYNODE_STATE_DIR`;
  return new NodeError('state_unusable', message, { cause });
}

async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** The node's memory as one small file in its state directory, replaced atomically. */
export function createFileNodeState(stateDir: string): NodeState {
  const path = join(stateDir, fileName);
  let lock: StateLock | undefined;
  return {
    open: async () => {
      try {
        await mkdir(stateDir, { recursive: true, mode: 0o700 });
        await access(stateDir, constants.R_OK | constants.W_OK | constants.X_OK);
        lock ??= lockState(stateDir);
      } catch (cause) {
        throw cause instanceof NodeError ? cause : unusable(stateDir, cause);
      }
    },
    close: () => {
      lock?.release();
      lock = undefined;
    },
    lastApplied: async () => {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (cause) {
        if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
        throw unusable(stateDir, cause);
      }
      try {
        return contentSchema.parse(JSON.parse(text)).config_version;
      } catch (cause) {
        // Without it an older configuration could not be told from a newer one.
        const message = `${path} is damaged; delete it to accept any configuration version`;
        throw new NodeError('state_unusable', message, { cause });
      }
    },
    saveApplied: async (configVersion) => {
      try {
        await writeDurably(path, `${JSON.stringify({ config_version: configVersion })}\n`);
      } catch (cause) {
        throw unusable(stateDir, cause);
      }
    },
  };
}
