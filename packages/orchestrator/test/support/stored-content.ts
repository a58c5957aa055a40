import { systemClock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { FileObjects } from '../../src/adapters/blobs/file-objects.ts';
import { newContentHash } from '../../src/adapters/crypto/content-hash.ts';
import { postgresBlobIndex } from '../../src/adapters/postgres/artifacts/blob-index.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';
import { ContentStore } from '../../src/app/blobs/content-store.ts';

/** The content of a role under test, as the role itself stores and reads it. */
export function storedContent(db: Kysely<Database>, artifactDirectory: string): ContentStore {
  const store = new FileObjects(artifactDirectory);
  const index = postgresBlobIndex(db);
  const parts = { store, others: [], index, newHash: newContentHash, clock: systemClock };
  return new ContentStore(parts);
}
