import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { NodeError } from '../../domain/node/node-error.ts';

/** SQLITE_BUSY. */
const busy = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === busy;
}

function holderOf(pidFile: string): string {
  try {
    return `process ${Number.parseInt(readFileSync(pidFile, 'utf8'), 10)}`;
  } catch {
    return 'another process';
  }
}

/** Keeps the state directory for this process. */
export interface StateLock {
  release(): void;
}

/**
 * Takes the state directory for this process. The lock is the kernel's, by way of an open transaction of an
 * empty SQLite file: it ends with the process however that ends, so it is never stale.
 * @throws NodeError `state_locked` naming the holder
 */
export function lockState(stateDir: string): StateLock {
  const pidFile = join(stateDir, 'node.pid');
  const database = new DatabaseSync(join(stateDir, 'node.lock'), { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!isBusy(cause)) throw cause;
    const message = `${stateDir} is in use by a node (${holderOf(pidFile)}); stop that node first, or give this one a CYNODE_STATE_DIR of its own`;
    throw new NodeError('state_locked', message, { cause });
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return { release: () => database.close() };
}
