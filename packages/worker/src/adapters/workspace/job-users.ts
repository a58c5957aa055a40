import { randomInt } from 'node:crypto';
import { WorkerError } from '../../domain/errors.ts';
import type { Owner } from './write-input-file.ts';

/**
 * A user and a group of its own for each job, of a range that nobody else on the machine uses: what the kernel counts
 * per user (processes, inotify, queues, keys) one job cannot take from another. A number comes back when its job is
 * gone with all its files and all others had their turn; the first is chosen at random, so that two nodes of a machine
 * hardly ever meet.
 */
export class JobUsers {
  readonly #first: number;
  readonly #count: number;
  readonly #taken = new Map<string, number>();
  #next: number;

  constructor(first: number, count: number) {
    this.#first = first;
    this.#count = count;
    this.#next = randomInt(count);
  }

  /** A user that no other job has, `preferred` where that is free. @throws WorkerError `internal` when all are taken */
  take(jobId: string, preferred?: number): Owner {
    const taken = new Set(this.#taken.values());
    if (taken.size >= this.#count) {
      throw new WorkerError('internal', 'every user of the range for jobs is taken');
    }
    if (preferred !== undefined && this.#has(preferred) && !taken.has(preferred)) {
      this.#taken.set(jobId, preferred);
      return { uid: preferred, gid: preferred };
    }
    let uid: number;
    do {
      uid = this.#first + this.#next;
      this.#next = (this.#next + 1) % this.#count;
    } while (taken.has(uid));
    this.#taken.set(jobId, uid);
    return { uid, gid: uid };
  }

  /** A job that an earlier process gave this user still has it. */
  keep(jobId: string, uid: number): void {
    this.#taken.set(jobId, uid);
  }

  #has(uid: number): boolean {
    return uid >= this.#first && uid < this.#first + this.#count;
  }

  /** The job and its files are gone. */
  release(jobId: string): void {
    this.#taken.delete(jobId);
  }
}
