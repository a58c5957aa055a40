import { type Clock, systemClock } from '@cynodeai/runtime/std';
import { FakeClock, createTestDatabase, memoryLog, temporaryDirectory } from '@cynodeai/testing';
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileObjects } from '../../src/adapters/blobs/file-objects.ts';
import { newContentHash } from '../../src/adapters/crypto/content-hash.ts';
import { postgresBlobIndex } from '../../src/adapters/postgres/artifacts/blob-index.ts';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { postgresFolders } from '../../src/adapters/postgres/folders/folders.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';
import { ContentStore, type ContentStoreDeps } from '../../src/app/blobs/content-store.ts';
import { sweepBlobs } from '../../src/app/blobs/sweep-blobs.ts';
import type { BlobIndex } from '../../src/ports/blob-index.ts';
import type { StoredBlob } from '../../src/ports/blobs-writer.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { startS3 } from './support/s3-world.ts';

interface Place extends AsyncDisposable {
  readonly store: ObjectStore;
  names(): Promise<readonly string[]>;
  drafts(): Promise<readonly string[]>;
}

async function onDisk(): Promise<Place> {
  const directory = await temporaryDirectory();
  const found = async (isDraft: boolean): Promise<readonly string[]> => {
    const all = await readdir(directory.path, { recursive: true, withFileTypes: true });
    return all
      .filter((one) => one.isFile() && one.name.startsWith('.') === isDraft)
      .map((one) => one.name);
  };
  return {
    store: new FileObjects(directory.path),
    names: () => found(false),
    drafts: () => found(true),
    [Symbol.asyncDispose]: () => directory.remove(),
  };
}

async function inBucket(): Promise<Place> {
  const world = await startS3();
  return Object.assign(Object.create(world) as typeof world, { store: world.objects() });
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe.each([
  ['on disk', onDisk],
  ['in a bucket', inBucket],
] as const)('content %s', (_title, make) => {
  let place: Place;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let db: Kysely<Database>;
  let index: BlobIndex;
  let owner: string;
  const clock = new FakeClock(new Date());

  beforeAll(async () => {
    place = await make();
    database = await createTestDatabase();
    db = openDatabase({ url: database.url, applicationName: 'test', log: memoryLog() });
    index = postgresBlobIndex(db);
    owner = randomUUID();
    const nobody = { email: null, external_source: null, external_id: null };
    await db
      .insertInto('users')
      .values({ id: owner, handle: 'owner', ...nobody })
      .execute();
  });
  afterAll(async () => {
    await db.destroy();
    await database.close();
    await place[Symbol.asyncDispose]();
  });

  const contentWith = (more: Partial<ContentStoreDeps> = {}): ContentStore =>
    new ContentStore({
      store: place.store,
      others: [],
      index,
      newHash: newContentHash,
      clock,
      ...more,
    });
  const sweep = (at: Pick<Clock, 'now'> = clock): Promise<number> =>
    sweepBlobs({ stores: [place.store], index, clock: at });
  const copiesOf = async (bytes: Uint8Array): Promise<number> =>
    (await place.names()).filter((name) => name.includes(hash(bytes))).length;
  const read = async (ref: string): Promise<Buffer> => Buffer.from(await contentWith().read(ref));

  /** Names content in a row, as those do who store it. */
  async function name({ storageRef, sha256, sizeBytes, claim }: StoredBlob): Promise<string> {
    const id = randomUUID();
    await postgresFolders(db).transact(async (transaction) => {
      const folder = { id, sha256: id, sizeBytes, entries: 1, storageRef };
      await transaction.save(owner, folder, clock.now());
      await transaction.releaseClaims([claim]);
    });
    expect(storageRef).toContain(sha256);
    return id;
  }

  async function unname(id: string): Promise<void> {
    await db.deleteFrom('folders').where('id', '=', id).execute();
  }

  it('is stored once, however many store it at the same time', async () => {
    const bytes = randomBytes(70_000);
    const stored = await Promise.all(Array.from({ length: 12 }, () => contentWith().write(bytes)));
    expect(new Set(stored.map(({ storageRef }) => storageRef)).size).toBe(1);
    expect(new Set(stored.map(({ claim }) => claim)).size).toBe(12);
    expect(await copiesOf(bytes)).toBe(1);
    expect((await read(stored[0]?.storageRef ?? '')).equals(bytes)).toBe(true);
    expect(await place.drafts()).toEqual([]);
  });

  it('stays as long as one of its holders is there, and goes at once with the last', async () => {
    const bytes = randomBytes(100);
    const [first, second, third] = [
      await contentWith().write(bytes),
      await contentWith().write(bytes),
      await contentWith().write(bytes),
    ];
    const row = await name(first);
    await contentWith().withdraw([second]);
    expect(await copiesOf(bytes)).toBe(1);
    await unname(row);
    const fault = (): void => expect.unreachable();
    await contentWith().removeUnused([first.storageRef], fault);
    expect(await copiesOf(bytes)).toBe(1);
    await contentWith().withdraw([third]);
    expect(await copiesOf(bytes)).toBe(0);
    await expect(contentWith().open(first.storageRef)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('of a writer that died is swept an hour later, and is nobody else’s loss', async () => {
    const [dead, shared] = [randomBytes(10), randomBytes(10)];
    await contentWith().write(dead);
    await contentWith().write(shared);
    clock.advance(30 * 60_000);
    const late = await contentWith().write(shared);
    await sweep();
    expect([await copiesOf(dead), await copiesOf(shared)]).toEqual([1, 1]);
    clock.advance(31 * 60_000);
    await sweep();
    expect([await copiesOf(dead), await copiesOf(shared)]).toEqual([0, 1]);
    await name(late);
    clock.advance(10 * 3_600_000);
    await sweep();
    expect((await read(late.storageRef)).equals(shared)).toBe(true);
  });

  it('that came in one batch is stored together, the same bytes once, and none that is wrong', async () => {
    const known = randomBytes(50);
    const first = await contentWith().write(known);
    const batch = contentWith().batch();
    const once = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield bytes;
    };
    const all = [known, ...Array.from({ length: 30 }, () => randomBytes(20))];
    for (const bytes of [...all, ...all]) {
      expect(await batch.write(once(bytes), (sha256) => sha256 === hash(bytes))).toMatchObject({
        sha256: hash(bytes),
      });
    }
    const wrong = randomBytes(20);
    expect(await batch.write(once(wrong), () => false)).toBeUndefined();
    const stored = await batch.flush();
    expect([...stored.keys()].toSorted()).toEqual(all.map(hash).toSorted());
    expect(stored.get(hash(known))?.storageRef).toBe(first.storageRef);
    for (const bytes of all) expect(await copiesOf(bytes)).toBe(1);
    expect([await copiesOf(wrong), await place.drafts()]).toEqual([0, []]);
    expect((await batch.flush()).size).toBe(0);
  });

  it(
    'is never lost while others store, name, remove and sweep it',
    { timeout: 170_000 },
    async () => {
      const contents = [1, 2, 3].map(() => randomBytes(10));
      const named = new Map<string, StoredBlob>();
      const over = new AbortController();
      const writer = async (): Promise<void> => {
        const mine: [string, StoredBlob][] = [];
        for (let round = 0; round < 40; round += 1) {
          const bytes = contents[Math.floor(Math.random() * contents.length)] ?? Buffer.of();
          const stored = await contentWith({ clock: systemClock }).write(bytes);
          const what = Math.random();
          if (what < 0.3) {
            await contentWith().withdraw([stored]);
            continue;
          }
          mine.push([await name(stored), stored]);
          expect((await read(stored.storageRef)).equals(bytes)).toBe(true);
          const [oldest] = what < 0.8 ? mine.splice(0, 1) : [];
          if (oldest === undefined) continue;
          await unname(oldest[0]);
          await contentWith().removeUnused([oldest[1].storageRef], () => expect.unreachable());
        }
        for (const [id, stored] of mine) named.set(id, stored);
      };
      const sweeper = async (): Promise<void> => {
        while (!over.signal.aborted) await sweep(systemClock);
      };
      const sweeping = [sweeper(), sweeper()];
      await Promise.all([writer(), writer(), writer(), writer()]).finally(() => over.abort());
      await Promise.all(sweeping);
      expect(named.size).toBeGreaterThan(0);
      for (const { storageRef, sha256 } of named.values()) {
        expect(hash(await read(storageRef))).toBe(sha256);
      }
      for (const id of named.keys()) await unname(id);
      await sweep();
      for (const bytes of contents) expect(await copiesOf(bytes)).toBe(0);
    },
  );

  it.each(['claim', 'enter'] as const)('leaves nothing where the index fails at %s', async (at) => {
    const bytes = randomBytes(30);
    const broken = { ...index, [at]: () => Promise.reject(new Error('the database is away')) };
    await expect(contentWith({ index: broken }).write(bytes)).rejects.toThrow('is away');
    expect([await copiesOf(bytes), await place.drafts()]).toEqual([0, []]);
  });

  it('whose writer was killed before the index knew it is swept an hour later', async () => {
    const bytes = randomBytes(30);
    const draft = await place.store.draft(
      (async function* () {
        yield bytes;
      })(),
    );
    await draft.publish();
    const here = new FakeClock(new Date());
    await sweep(here);
    expect(await copiesOf(bytes)).toBe(1);
    here.advance(3_700_000);
    await sweep(here);
    expect(await copiesOf(bytes)).toBe(0);
  });

  it('that got lost or was damaged is told, and stored anew with the next writer', async () => {
    const [lost, damaged] = [randomBytes(200_000), randomBytes(200_000)];
    const first = await contentWith().write(lost);
    await place.store.remove(first.storageRef);
    const again = await contentWith().write(lost);
    expect(again.storageRef).not.toBe(first.storageRef);
    expect((await read(again.storageRef)).equals(lost)).toBe(true);
    const good = await contentWith().write(damaged);
    const flipped = { ...place.store, scheme: place.store.scheme, open: openFlipped };
    async function openFlipped(ref: string) {
      const blob = await place.store.open(ref);
      const chunks = (async function* () {
        let isFirst = true;
        for await (const chunk of blob.chunks) {
          if (isFirst) chunk[0] = (chunk[0] ?? 0) ^ 1;
          isFirst = false;
          yield chunk;
        }
      })();
      return { ...blob, chunks };
    }
    const reader = contentWith({ store: flipped as unknown as ObjectStore });
    const blob = await reader.open(good.storageRef);
    let seen = 0;
    const readAll = async (): Promise<void> => {
      for await (const chunk of blob.chunks) seen += chunk.length;
    };
    await expect(readAll()).rejects.toThrow(/is damaged: .* restore it from a backup/);
    await blob.close();
    expect(seen).toBeLessThan(blob.sizeBytes);
    expect((await contentWith().write(damaged)).storageRef).not.toBe(good.storageRef);
  });

  it('in another place is read and shared from there, and told where the place is not set up', async () => {
    await using other = await onDisk();
    const bytes = randomBytes(40);
    const before = await contentWith({ store: other.store }).write(bytes);
    if (place.store.scheme === 's3:') {
      const both = contentWith({ others: [other.store] });
      expect((await both.write(bytes)).storageRef).toBe(before.storageRef);
      expect(Buffer.from(await both.read(before.storageRef)).equals(bytes)).toBe(true);
      const ref = (await both.write(randomBytes(3))).storageRef;
      const alone = contentWith({ store: other.store });
      await expect(alone.read(ref)).rejects.toThrow('set ARTIFACT_S3_ENDPOINT');
    }
    await expect(contentWith().read('inline:')).rejects.toThrow('unknown form');
  });

  it('of releases before has names without a hash, which rows know', async () => {
    if (place.store.scheme !== 'file:') return;
    const root = await temporaryDirectory();
    const files = new FileObjects(root.path);
    const old = contentWith({ store: files });
    const ref = `file:aa/${randomUUID()}`;
    const path = join(root.path, ref.slice(5));
    await mkdir(join(root.path, 'aa'));
    await writeFile(path, 'as it was');
    await sql`insert into folders (owner_id, sha256, size_bytes, entries, storage_ref, last_used_at)
              values (${owner}, ${hash(Buffer.from('as it was'))}, 9, 1, ${ref}, now())`.execute(
      db,
    );
    expect(Buffer.from(await old.read(ref)).toString()).toBe('as it was');
    await writeFile(path, 'as it wAs');
    await expect(old.read(ref)).rejects.toThrow('is damaged');
    expect(await readFile(path, 'utf8')).toBe('as it wAs');
    await db.deleteFrom('folders').where('storage_ref', '=', ref).execute();
    await old.removeUnused([ref, 'inline:x'], () => expect.unreachable());
    await expect(old.read(ref)).rejects.toMatchObject({ code: 'ENOENT' });
    await root.remove();
  });
});
