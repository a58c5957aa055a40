import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errorCodeOf } from '@cynodeai/runtime/std';

/** A record is longer than this only by a fault of the kernel. */
const recordBytes = 16_384;

/**
 * The line of the kernel about a process it killed for want of memory. The name of the process is its own choice:
 * what counts is the end of the line, where no name reaches.
 */
const victimLine = /: Killed process \d+ .*\bUID:(\d+) pgtables:\d+kB oom_score_adj:-?\d+$/;

/** User of the process that a record of the kernel's log says was killed; undefined for any other record. */
export function victimOf(record: string): number | undefined {
  // The text of a record ends its first line; what follows are its fields.
  const [line = ''] = record.split('\n', 1);
  const text = line.slice(line.indexOf(';') + 1);
  const uid = victimLine.exec(text)?.[1];
  return uid === undefined ? undefined : Number(uid);
}

/**
 * Users of whom the kernel killed a process for want of memory. Counters of control groups do not tell it: those of
 * version 1 go with the container, and its events reach every neighbour below the same ceiling. The kernel writes the
 * line before the process is gone, so whoever asks after the end of a container gets the answer.
 */
export class OomVictims implements Disposable {
  readonly #log: number;
  /** How many processes of a user were killed since this began. */
  readonly #killed = new Map<number, number>();
  readonly #record = Buffer.alloc(recordBytes);

  /** @throws when the log cannot be read */
  constructor(path = '/dev/kmsg') {
    this.#log = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#read();
    this.#killed.clear();
  }

  /** How many processes of this user were killed; two answers differ when one was killed in between. */
  killedOf(uid: number): number {
    this.#read();
    return this.#killed.get(uid) ?? 0;
  }

  [Symbol.dispose](): void {
    closeSync(this.#log);
  }

  /** Reads on to the end; each call of the kernel gives one record. */
  #read(): void {
    for (;;) {
      try {
        const length = readSync(this.#log, this.#record, 0, recordBytes, null);
        if (length === 0) return;
        const uid = victimOf(this.#record.toString('latin1', 0, length));
        if (uid !== undefined) this.#killed.set(uid, (this.#killed.get(uid) ?? 0) + 1);
      } catch (error) {
        // EPIPE: records were overwritten before they were read; the next ones are there.
        if (errorCodeOf(error) !== 'EPIPE') return;
      }
    }
  }
}

/** The kernel's log where it may be read. */
export function openOomVictims(): OomVictims | undefined {
  try {
    return new OomVictims();
  } catch {
    return undefined;
  }
}
