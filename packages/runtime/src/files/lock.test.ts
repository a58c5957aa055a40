import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Child } from '@cynodeai/testing/harness';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holderOf, takeLock, withLock } from './lock.ts';

const fixture = fileURLToPath(new URL('../../test/fixtures/lock-steps.ts', import.meta.url));

let folder: string;
let path: string;
let processes: Contender[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cynode-lock-'));
  path = join(folder, 'some.lock');
  processes = [];
});
afterEach(async () => {
  await Promise.all(processes.map((each) => each.kill()));
  await rm(folder, { recursive: true, force: true });
});

/** A process that takes the lock and stops before each step. */
class Contender {
  readonly #child = Child.ofScript(fixture, [path], { input: { open: true } });
  readonly #events = createInterface({ input: this.#child.process.stdout as Readable })[
    Symbol.asyncIterator
  ]();

  constructor() {
    processes.push(this);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  go(): void {
    this.#child.write('go\n');
  }

  /** Lets it go on until it says one of these; `step` stands before the name of a step. */
  async until(...stops: readonly string[]): Promise<string> {
    for (;;) {
      const { value, done } = await this.#events.next();
      if (done === true) throw new Error('the process ended');
      if (stops.includes(value)) return value;
      this.go();
    }
  }

  async kill(): Promise<void> {
    await this.#child.stop('SIGKILL');
  }
}

describe('a lock between processes', () => {
  it('lets one in when two find that its holder was killed, and a third comes meanwhile', async () => {
    const dead = new Contender();
    await dead.until('held');
    await dead.kill();
    // Both look at what the dead one left before either acts on it.
    const clearing = 'step rename';
    const first = new Contender();
    const seenByFirst = await first.until('held', clearing);
    const second = new Contender();
    const seenBySecond = await second.until('held', 'waiting', clearing);
    if (seenByFirst === clearing) {
      first.go();
      await first.until('held');
    }
    // A slow one acts on what it saw before: it would move the lock of the first away.
    if (seenBySecond === clearing) second.go();
    const third = new Contender();
    expect(await third.until('held', 'waiting'), 'while the first holds it').toBe('waiting');
    expect(await holderOf(path)).toBe(first.pid);

    first.go();
    const entries = [second, third].map(async (each) => {
      await each.until('held');
      each.go();
    });
    await Promise.all(entries);
  });

  it('is free again at once when its holder is killed', async () => {
    const holder = new Contender();
    await holder.until('held');
    await expect(takeLock(path, { waitMs: 0 })).rejects.toMatchObject({
      code: 'held',
      holder: holder.pid,
      message: `${path} is held by process ${holder.pid}`,
    });
    await holder.kill();
    await using _lock = await takeLock(path, { waitMs: 0 });
    expect(await holderOf(path)).toBe(process.pid);
  });
});

describe('a lock within a process', () => {
  it('is held by one at a time, and freed by a failure', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await readdir(folder);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 6 }, () => withLock(path, work)));
    expect(most).toBe(1);
    await expect(withLock(path, () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
    await expect(withLock(path, async () => 'free')).resolves.toBe('free');
    expect(await readdir(folder)).toEqual(['some.lock', 'some.pid']);
    expect(await readFile(join(folder, 'some.pid'), 'utf8')).toBe(`${process.pid}\n`);
  });

  it('keeps others out when the holder of another lock lets go', async () => {
    await using _held = await takeLock(path);
    const other = await takeLock(join(folder, 'other.lock'));
    await other.release();
    await other.release();
    await expect(takeLock(path, { waitMs: 5 })).rejects.toMatchObject({ code: 'held' });
  });

  it('is not waited for any longer once the caller gives up', async () => {
    await using _held = await takeLock(path);
    const control = new AbortController();
    const reason = new Error('enough');
    const waiting = takeLock(path, { signal: control.signal, onWait: () => control.abort(reason) });
    await expect(waiting).rejects.toBe(reason);
  });

  it('says so when its file cannot be made', async () => {
    const nowhere = takeLock('/proc/no/such.lock');
    await expect(nowhere).rejects.toMatchObject({ code: 'unusable' });
    expect(await holderOf('/proc/no/such.lock')).toBeUndefined();
  });
});
