import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import type { BlobClaim, BlobIndex, ContentHash, KnownBlob } from '../../ports/blob-index.ts';
import type { BlobOpener, BlobReader, ByteRange, OpenBlob } from '../../ports/blobs.ts';
import type { BlobBatch, BlobRemover, BlobWriter, StoredBlob } from '../../ports/blobs-writer.ts';
import type { ObjectDraft, ObjectStore } from '../../ports/object-store.ts';
import { DamagedBlobError, verifiedChunks } from './verified-chunks.ts';

export interface ContentStoreDeps {
  /** Where new content goes; content that stands elsewhere stays there. */
  readonly store: ObjectStore;
  /** Where content may be from before. */
  readonly others: readonly ObjectStore[];
  readonly index: BlobIndex;
  readonly newHash: () => ContentHash;
  readonly clock: Pick<Clock, 'now'>;
}

/** Objects that are given their names or are looked at at the same time. */
const atOnce = 16;

async function inTurns<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

/**
 * Content by what it is: the same bytes are stored once, whoever stores them, and go when nobody holds them any more.
 * An object is there before the index knows it, has a name that is never used again, and is taken out of the index
 * before it is removed: whatever ends half-way leaves at most an object that nobody knows, which is swept.
 * See docs/reference/tasks-and-jobs.md#stored-content.
 */
export class ContentStore implements BlobOpener, BlobReader, BlobWriter, BlobRemover {
  readonly #deps: ContentStoreDeps;

  constructor(deps: ContentStoreDeps) {
    this.#deps = deps;
  }

  async write(bytes: Uint8Array): Promise<StoredBlob> {
    return this.writeStream(oneChunk(bytes));
  }

  async writeStream(chunks: AsyncIterable<Uint8Array>): Promise<StoredBlob> {
    const draft = await this.#deps.store.draft(chunks);
    const stored = await this.#keep([draft], (ref) => this.#deps.store.flush(ref));
    return found(stored, draft.sha256);
  }

  batch(): BlobBatch {
    const { store } = this.#deps;
    let drafts: ObjectDraft[] = [];
    return {
      write: async (chunks, isRight) => {
        const draft = await store.draft(chunks);
        const { sizeBytes, sha256 } = draft;
        if (!isRight(sha256)) {
          await draft.discard();
          return undefined;
        }
        drafts.push(draft);
        return { sizeBytes, sha256 };
      },
      flush: async () => {
        const written = drafts;
        drafts = [];
        return this.#keep(written, () => store.flushAll());
      },
    };
  }

  async withdraw(stored: readonly StoredBlob[]): Promise<void> {
    if (stored.length === 0) return;
    await this.#deps.index.release([...new Set(stored.map(({ claim }) => claim))]);
    let fault: unknown;
    await this.removeUnused(
      stored.map(({ storageRef }) => storageRef),
      (_ref, error) => (fault = error),
    );
    if (fault !== undefined) throw fault;
  }

  async removeUnused(
    refs: readonly string[],
    onFault: (storageRef: string, fault: unknown) => void,
  ): Promise<void> {
    const ours = [...new Set(refs)].filter((ref) => this.#isKnown(ref));
    if (ours.length === 0) return;
    const unused = await this.#deps.index.takeUnused(ours);
    await inTurns(unused, (ref) =>
      this.#storeOf(ref)
        .remove(ref)
        .catch((fault: unknown) => onFault(ref, fault)),
    );
  }

  async read(storageRef: string): Promise<Uint8Array> {
    const blob = await this.open(storageRef);
    try {
      const pieces: Uint8Array[] = [];
      for await (const piece of blob.chunks) pieces.push(piece);
      return Buffer.concat(pieces);
    } finally {
      await blob.close();
    }
  }

  async open(storageRef: string, range?: ByteRange): Promise<OpenBlob> {
    const store = this.#storeOf(storageRef);
    if (range !== undefined) return store.open(storageRef, range);
    const { index, newHash } = this.#deps;
    const sha256 = hashIn(storageRef) ?? (await index.hashOf(storageRef));
    const blob = await store.open(storageRef);
    if (sha256 === undefined) return blob;
    const onDamage = async (): Promise<Error> => {
      await index.distrust(storageRef);
      return new DamagedBlobError(storageRef);
    };
    return { ...blob, chunks: verifiedChunks(blob.chunks, newHash(), sha256, onDamage) };
  }

  #isKnown(ref: string): boolean {
    const { store, others } = this.#deps;
    return [store, ...others].some(({ scheme }) => ref.startsWith(scheme));
  }

  #storeOf(ref: string): ObjectStore {
    const { store, others } = this.#deps;
    const of = [store, ...others].find(({ scheme }) => ref.startsWith(scheme));
    if (of !== undefined) return of;
    const hint = ref.startsWith('s3:')
      ? 'it is in an S3 service: set ARTIFACT_S3_ENDPOINT and the other settings of it'
      : 'unknown form of storage reference';
    throw new RangeError(`stored content cannot be read: ${hint}`);
  }

  /** Stores drafts, or lets go of them where their content is stored already; all of them or none. */
  async #keep(
    drafts: readonly ObjectDraft[],
    flush: (ref: string) => Promise<void>,
  ): Promise<ReadonlyMap<string, StoredBlob>> {
    if (drafts.length === 0) return new Map();
    const { index, store, clock } = this.#deps;
    const claim: BlobClaim = { id: uuidv7(), at: clock.now() };
    const published: KnownBlob[] = [];
    try {
      const byHash = new Map(drafts.map((draft) => [draft.sha256, draft]));
      const known = new Map(await index.claim([...byHash.keys()], claim));
      await inTurns([...known.values()], async (blob) => {
        if (await this.#isThere(blob)) return;
        await index.distrust(blob.storageRef);
        known.delete(blob.sha256);
      });
      const fresh = [...byHash.values()].filter(({ sha256 }) => !known.has(sha256));
      await inTurns(fresh, async (draft) => {
        const { sizeBytes, sha256 } = draft;
        published.push({ storageRef: await draft.publish(), sizeBytes, sha256 });
      });
      const [first] = published;
      if (first !== undefined) {
        await flush(first.storageRef);
        for (const [sha256, blob] of await index.enter(published, claim)) known.set(sha256, blob);
      }
      await inTurns(published, async ({ storageRef, sha256 }) => {
        // Somebody else stored the same at the same time, and was first.
        if (known.get(sha256)?.storageRef !== storageRef) await store.remove(storageRef);
      });
      return new Map([...known].map(([hash, blob]) => [hash, { ...blob, claim: claim.id }]));
    } catch (error) {
      await this.#undo(published, claim);
      throw error;
    } finally {
      // Those that were published are gone; the others are not needed.
      await Promise.all(drafts.map((draft) => draft.discard()));
    }
  }

  async #isThere({ storageRef, sizeBytes }: KnownBlob): Promise<boolean> {
    if (!this.#isKnown(storageRef)) return false;
    return (await this.#storeOf(storageRef).stat(storageRef))?.sizeBytes === sizeBytes;
  }

  /** Best effort: what stays is swept. */
  async #undo(published: readonly KnownBlob[], claim: BlobClaim): Promise<void> {
    try {
      await this.#deps.index.release([claim.id]);
      await this.removeUnused(
        published.map(({ storageRef }) => storageRef),
        () => {},
      );
    } catch {
      // The fault that led here is the one to tell.
    }
  }
}

/** The hash that stands in a reference. */
function hashIn(storageRef: string): string | undefined {
  return /\/(?<sha256>[0-9a-f]{64})-[0-9a-f]{16}$/.exec(storageRef)?.groups?.['sha256'];
}

function found(stored: ReadonlyMap<string, StoredBlob>, sha256: string): StoredBlob {
  const blob = stored.get(sha256);
  if (blob === undefined) throw new Error('content that was stored is not in the index');
  return blob;
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
