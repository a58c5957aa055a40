import type { RunJobResult } from '@cynodeai/contracts/common';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import type { Watch } from '../disk/watched-job.ts';
import type { LiveOutput } from './live-output.ts';

/** A job of this run of the node, from its acceptance until nothing is left of it but its result. */
export interface Job {
  readonly request: RunJobRequest;
  readonly name: string;
  readonly acceptedAt: Date;
  readonly abort: AbortController;
  /** A `preparing` job has no container yet; an `ended` one only has its directory to lose. */
  state: 'preparing' | 'running' | 'ended';
  /** For whoever listens while it runs. */
  readonly live: LiveOutput;
  /** Someone was told that the job is accepted, so its end must be found in the store. */
  promised: boolean;
  startedAt?: Date;
  /** The stored result. */
  done: Promise<RunJobResult>;
  /** The directory of its id was there before: it belongs to someone else. */
  foreignDirectory: boolean;
  /** The watch over its disks, until its files are gone. */
  watch?: Pick<Watch, 'close'>;
  /** Resolves when nothing is left of the job but its stored result. */
  gone: Promise<void>;
}
