import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, at, backoffMs, messageOf } from '../std/index.ts';

/** A held lock; releasing it twice is harmless. */
export interface Lock extends AsyncDisposable {
  release(): Promise<void>;
}

export interface LockOptions {
  /** Ends the wait; the lock is rejected with its reason. */
  readonly signal?: AbortSignal;
  /** How long to wait for the holder, ms: without end unless told, not at all with 0. */
  readonly waitMs?: number;
  /** Called once, when another has held the lock for 300 ms of waiting. */
  readonly onWait?: () => void;
}

/** `held`: somebody else has it and the wait is over. `unusable`: its file cannot be made or opened. */
export type LockErrorCode = 'held' | 'unusable';

/** A lock that could not be taken. */
export class LockError extends CodedError<LockErrorCode> {
  /** Process id of the last holder, when it is known; information only. */
  readonly holder: number | undefined;

  constructor(
    code: LockErrorCode,
    message: string,
    options: ErrorOptions & { readonly holder?: number | undefined } = {},
  ) {
    super(code, message, options);
    this.holder = options.holder;
  }
}

/** Keeps what is held from being collected when its owner forgets it. */
const heldHere = new Set<DatabaseSync>();

/** SQLITE_BUSY; the low byte of its extended codes. */
const busy = 5;
const noticeMs = 300;
const pauses = { firstMs: 2, maxMs: 50, jitter: 0.5 };

/** Where the process id of a lock's holder is noted: `node.pid` beside `node.lock`. */
export function holderFile(path: string): string {
  return `${path.replace(/\.lock$/, '')}.pid`;
}

/** The process that noted itself last as the holder of a lock; only whoever tries to take it knows whether it is held. */
export async function holderOf(path: string): Promise<number | undefined> {
  const text = await readFile(holderFile(path), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return Number.isSafeInteger(pid) ? pid : undefined;
}

/** The open transaction that is the lock; undefined while another has it. */
function tryTake(path: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // The journal of a transaction that writes nothing needs no file of its own.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database?.close();
    const code = at(cause, 'errcode');
    if (typeof code === 'number' && (code & 0xff) === busy) return undefined;
    throw new LockError('unusable', `cannot lock ${path}: ${messageOf(cause)}`, { cause });
  }
}

async function wait(path: string, options: LockOptions): Promise<DatabaseSync> {
  const { signal, waitMs = Number.POSITIVE_INFINITY, onWait } = options;
  const started = performance.now();
  let told = false;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const database = tryTake(path);
    if (database !== undefined) return database;
    const waited = performance.now() - started;
    if (waited >= waitMs) {
      const holder = await holderOf(path);
      const who = holder === undefined ? 'another process' : `process ${holder}`;
      throw new LockError('held', `${path} is held by ${who}`, { holder });
    }
    if (!told && waited >= noticeMs) {
      told = true;
      onWait?.();
    }
    const pause = Math.min(backoffMs(attempt, Math.random(), pauses), waitMs - waited);
    await delay(pause, undefined, signal && { signal }).catch(() => {});
  }
}

/**
 * Takes the exclusive lock of a file, which is made when it is missing and never removed.
 *
 * The lock is the kernel's, by way of an open transaction of an empty SQLite file: it ends with its process however
 * that ends, so it is never stale, nobody has to judge by process ids whether it is, and no two can be let in by
 * clearing it away at once. It also excludes other holders in the same process. Nothing else may open the file: the
 * kernel drops a process's lock when it closes any descriptor of it.
 *
 * The holder's process id is noted in `holderFile(path)`, for words to a person.
 * @throws LockError `held` after `waitMs`, `unusable`; the signal's reason when it fires
 */
export async function takeLock(path: string, options: LockOptions = {}): Promise<Lock> {
  const database = await wait(path, options);
  heldHere.add(database);
  const release = async (): Promise<void> => {
    if (heldHere.delete(database)) database.close();
  };
  try {
    await writeFile(holderFile(path), `${process.pid}\n`, { mode: 0o600 });
  } catch (cause) {
    await release();
    throw new LockError('unusable', `cannot lock ${path}: ${messageOf(cause)}`, { cause });
  }
  return { release, [Symbol.asyncDispose]: release };
}

/** Runs `work` while holding a lock. @throws as `takeLock`, and what `work` throws */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  await using _lock = await takeLock(path, options);
  // Awaited here: a returned promise would let go of the lock before it is settled.
  const result = await work();
  return result;
}
