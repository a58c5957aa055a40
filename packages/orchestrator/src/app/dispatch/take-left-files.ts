import type { JobArtifact } from '@cynodeai/contracts/common';
import type { Log } from '@cynodeai/runtime/observe';
import { backoffMs, messageOf, uuidv7 } from '@cynodeai/runtime/std';
import { refused } from '../../domain/dispatch/left-files.ts';
import type { BlobBatch, BlobWriter } from '../../ports/blobs-writer.ts';
import type { ClaimedJob } from '../../ports/claims.ts';
import type { LeftArtifact } from '../../ports/job-ends.ts';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import type { WorkerApi } from '../../ports/worker-api.ts';

export interface TakeLeftFilesDeps {
  readonly worker: Pick<WorkerApi, 'leftFiles'>;
  readonly blobs: Pick<BlobWriter, 'batch'>;
  readonly log: Log;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** What became of a list of left files. */
export interface TakenFiles {
  /** The list; what could not be had has `error`. */
  readonly listed: readonly JobArtifact[];
  readonly artifacts: readonly LeftArtifact[];
}

/** How often a node is asked, and how long it may take each time, ms. */
const tries = { most: 4, limitMs: 120_000, backoff: { firstMs: 500, maxMs: 5000, jitter: 0.2 } };
/** Files that are written at the same time, and what such a one has at most, bytes. */
const together = { files: 16, bytes: 256 * 1024 };

/** Takes what one job left over from its node, file by file. */
class Taking {
  readonly #job: ClaimedJob;
  readonly #deps: TakeLeftFilesDeps;
  readonly #lost: AbortSignal;
  readonly #wanted: ReadonlyMap<string, JobArtifact>;
  /** Files that came whole, by name. */
  readonly #written = new Map<string, Omit<LeftArtifact, 'storageRef' | 'claim'>>();
  /** What may be named, by name; filled at the end. */
  readonly stored = new Map<string, LeftArtifact>();
  /** Why a file that came could not be stored. */
  readonly faults = new Map<string, string>();
  readonly #writing = new Set<Promise<void>>();
  readonly #batch: BlobBatch;

  constructor(
    job: ClaimedJob,
    listed: readonly JobArtifact[],
    deps: TakeLeftFilesDeps,
    lost: AbortSignal,
  ) {
    this.#job = job;
    this.#deps = deps;
    this.#lost = lost;
    this.#batch = deps.blobs.batch();
    this.#wanted = new Map(
      listed.filter(({ ref }) => ref !== undefined).map((entry) => [entry.name, entry]),
    );
  }

  get isDone(): boolean {
    return this.#written.size === this.#wanted.size;
  }

  /** Asks once; says what is in the way of what is missing. */
  async once(): Promise<string> {
    const signal = AbortSignal.any([this.#lost, AbortSignal.timeout(tries.limitMs)]);
    const files = this.#deps.worker.leftFiles(this.#job.node, this.#job, { signal });
    try {
      for (;;) {
        const { value, done } = await files.next();
        if (done === true) return value ?? 'the node does not have it any more';
        await this.#take(value);
      }
    } catch (error) {
      return messageOf(error);
    } finally {
      await files.return('');
      await Promise.all(this.#writing);
    }
  }

  /** Makes what was stored durable; what cannot be is stored by nobody. */
  async finish(): Promise<void> {
    if (this.#written.size === 0) return;
    try {
      const blobs = await this.#batch.flush();
      for (const [name, file] of this.#written) {
        const blob = blobs.get(file.sha256);
        if (blob !== undefined) this.stored.set(name, { ...file, ...blob });
      }
    } catch (error) {
      for (const name of this.#written.keys()) this.faults.set(name, messageOf(error));
    }
  }

  async #take(file: ArchiveFile): Promise<void> {
    const entry = this.#wanted.get(file.name);
    if (entry === undefined || this.#written.has(file.name)) return;
    if (file.sizeBytes !== entry.size_bytes) {
      this.faults.set(file.name, 'the node sent another size than the result names');
      return;
    }
    if (file.sizeBytes > together.bytes) return this.#store(entry, file.chunks);
    const pieces: Uint8Array[] = [];
    for await (const piece of file.chunks) pieces.push(piece);
    if (this.#writing.size >= together.files) await Promise.race(this.#writing);
    const writing = this.#store(entry, again(pieces));
    this.#writing.add(writing);
    void writing.then(() => this.#writing.delete(writing));
  }

  /** Stores one file; what is in its way is noted. */
  async #store(entry: JobArtifact, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      await this.#write(entry, chunks);
      this.faults.delete(entry.name);
    } catch (error) {
      this.faults.set(entry.name, messageOf(error));
    }
  }

  async #write(entry: JobArtifact, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const blob = await this.#batch.write(chunks, (sha256) => `sha256:${sha256}` === entry.ref);
    if (blob === undefined) throw new Error('the node sent other bytes than the result names');
    this.#written.set(entry.name, {
      ...blob,
      id: uuidv7(),
      path: entry.name,
      contentType: entry.content_type,
      executable: entry.executable === true,
    });
  }
}

async function* again(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/**
 * Takes over what a job left, before its result is stored; a node that does not hand it over in a few tries costs the
 * files and not the result. It ends early when the signal fires. See docs/reference/worker-api.md#artifacts.
 */
export async function takeLeftFiles(
  job: ClaimedJob,
  listed: readonly JobArtifact[],
  deps: TakeLeftFilesDeps,
  lost: AbortSignal,
): Promise<TakenFiles> {
  const taking = new Taking(job, listed, deps, lost);
  let reason = '';
  for (let attempt = 1; !taking.isDone && attempt <= tries.most && !lost.aborted; attempt += 1) {
    if (attempt > 1) await deps.sleep(backoffMs(attempt, Math.random(), tries.backoff), lost);
    reason = await taking.once();
  }
  await taking.finish();
  const { stored, faults } = taking;
  if (!taking.isDone) {
    deps.log.warn('files of a job were not handed over by its node', {
      job_id: job.jobId,
      node_slug: job.node.slug,
      reason,
    });
  }
  return {
    listed: listed.map((entry) =>
      entry.ref === undefined || stored.has(entry.name)
        ? entry
        : refused(
            entry,
            faults.get(entry.name) ?? `node ${job.node.slug} did not hand it over: ${reason}`,
          ),
    ),
    artifacts: [...stored.values()],
  };
}
