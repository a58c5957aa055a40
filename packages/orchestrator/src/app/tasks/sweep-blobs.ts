import type { Clock } from '@cynodeai/runtime/std';
import type { BlobFolder, BlobReferences } from '../../ports/blob-sweep.ts';

/** A blob is written before the row that names it; one that is named by then will be named within this time, ms. */
const graceMs = 3_600_000;

export interface SweepBlobsDeps {
  readonly folder: BlobFolder;
  readonly references: BlobReferences;
  readonly clock: Clock;
}

/**
 * Removes blobs that no row refers to, an hour after they were written; says how many.
 * See docs/reference/tasks-and-jobs.md#artifacts.
 */
export async function sweepBlobs(deps: SweepBlobsDeps): Promise<number> {
  const before = new Date(deps.clock.now().getTime() - graceMs);
  let removed = await deps.folder.removeUnfinished(before);
  for await (const refs of deps.folder.writtenBefore(before)) {
    await deps.references.withUnused(refs, async (unused) => {
      for (const ref of unused) await deps.folder.remove(ref);
      removed += unused.length;
    });
  }
  return removed;
}
