import type { Clock } from '@cynodeai/runtime/std';
import type { BlobIndex } from '../../ports/blob-index.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

/** Content is stored before the row that names it, which is written within this time, ms. */
const graceMs = 3_600_000;

export interface SweepBlobsDeps {
  readonly stores: readonly ObjectStore[];
  readonly index: BlobIndex;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Removes content that nobody holds: what the index knows at once, for a claim an hour after it was made; objects the
 * index does not know an hour after they were written. Says how many.
 * See docs/reference/tasks-and-jobs.md#stored-content.
 */
export async function sweepBlobs({ stores, index, clock }: SweepBlobsDeps): Promise<number> {
  const before = new Date(clock.now().getTime() - graceMs);
  const remove = async (ref: string): Promise<void> => {
    await stores.find(({ scheme }) => ref.startsWith(scheme))?.remove(ref);
  };
  let removed = 0;
  await index.forgetClaims(before);
  for (;;) {
    const unused = await index.takeSomeUnused();
    if (unused.length === 0) break;
    for (const ref of unused) await remove(ref);
    removed += unused.length;
  }
  for (const store of stores) {
    removed += await store.removeUnfinished(before);
    for await (const refs of store.writtenBefore(before)) {
      const strays = await index.strays(refs);
      for (const ref of strays) await remove(ref);
      removed += strays.length;
    }
  }
  return removed;
}
