import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ByteRange } from '../../src/ports/blobs.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';

export interface ObjectStoreUnderTest extends AsyncDisposable {
  readonly store: ObjectStore;
  /** Names of objects there, however they came. */
  names(): Promise<readonly string[]>;
  /** Files of bytes that have no name yet. */
  drafts(): Promise<readonly string[]>;
  /** Puts bytes under a name behind the store's back. */
  plant(name: string, bytes: Uint8Array, at: Date): Promise<void>;
}

async function* pieces(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const soon = (): Date => new Date(Date.now() + 60_000);

/** What every place for objects does. */
export function testObjectStore(title: string, make: () => Promise<ObjectStoreUnderTest>): void {
  describe(`objects ${title}`, () => {
    let test: ObjectStoreUnderTest;
    let store: ObjectStore;
    beforeAll(async () => {
      test = await make();
      ({ store } = test);
    });
    afterAll(() => test[Symbol.asyncDispose]());

    async function put(...chunks: readonly Uint8Array[]): Promise<string> {
      const ref = await (await store.draft(pieces(...chunks))).publish();
      await store.flush(ref);
      return ref;
    }

    async function get(ref: string, range?: ByteRange): Promise<Buffer> {
      const blob = await store.open(ref, range);
      try {
        const bytes = await buffer(blob.chunks);
        expect(blob.sizeBytes).toBe(bytes.length);
        return bytes;
      } finally {
        await blob.close();
      }
    }

    async function listed(before: Date): Promise<string[]> {
      const refs: string[] = [];
      for await (const group of store.writtenBefore(before)) refs.push(...group);
      return refs;
    }

    it.each([0, 1, 65_536, 65_537, 3_000_000])(
      'of %d bytes come back as they were',
      async (size) => {
        const bytes = randomBytes(size);
        const draft = await store.draft(
          pieces(bytes.subarray(0, size / 2), bytes.subarray(size / 2)),
        );
        expect(draft).toMatchObject({ sizeBytes: size, sha256: hash(bytes) });
        const ref = await draft.publish();
        await draft.discard();
        await store.flushAll();
        expect(ref.startsWith(store.scheme)).toBe(true);
        expect(await store.stat(ref)).toEqual({ sizeBytes: size });
        expect((await get(ref)).equals(bytes)).toBe(true);
        expect(await test.drafts()).toEqual([]);
      },
    );

    it('are there under a name of their own, the same bytes too', async () => {
      const bytes = randomBytes(10);
      const refs = await Promise.all([put(bytes), put(bytes), put(bytes)]);
      expect(new Set(refs).size).toBe(3);
    });

    it('are not there before they are published, nor when they are discarded', async () => {
      const before = await test.names();
      const draft = await store.draft(pieces(Buffer.from('not yet')));
      expect(await test.names()).toEqual(before);
      expect(await test.drafts()).toHaveLength(1);
      await draft.discard();
      await draft.discard();
      expect([await test.names(), await test.drafts()]).toEqual([before, []]);
    });

    it('leave nothing behind where their bytes end with a fault', async () => {
      const fault = new Error('cut off');
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        yield randomBytes(100_000);
        throw fault;
      };
      await expect(store.draft(chunks())).rejects.toBe(fault);
      expect(await test.drafts()).toEqual([]);
    });

    it.each([
      [{ first: 0, last: 1 }, 'ab'],
      [{ first: 2, last: 4 }, 'cde'],
      [{ first: 8, last: 100 }, 'ij'],
      [{ first: 10, last: 12 }, ''],
      [{ first: 0, last: 9 }, 'abcdefghij'],
    ])('are read in part: %j', async (range, text) => {
      const ref = await put(Buffer.from('abcdefghij'));
      expect((await get(ref, range)).toString()).toBe(text);
    });

    it('may be left by a reader, many at once', async () => {
      const ref = await put(randomBytes(2_000_000));
      for (let round = 0; round < 40; round += 1) {
        const blob = await store.open(ref);
        if (round % 2 === 0) for await (const _chunk of blob.chunks) break;
        await blob.close();
      }
      expect(await get(ref)).toHaveLength(2_000_000);
    });

    it('are gone after removal, which may be repeated', async () => {
      const ref = await put(Buffer.from('gone'));
      await store.remove(ref);
      await store.remove(ref);
      expect(await store.stat(ref)).toBeUndefined();
      await expect(store.open(ref)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it.each(['../../etc/passwd', '/etc/passwd', 'ab/../x', '', `ab/${'0'.repeat(64)}`, 'aa/x?y'])(
      'refuse the name %j',
      async (name) => {
        for (const ref of [`${store.scheme}${name}`, name, `inline:${name}`]) {
          await expect(store.open(ref)).rejects.toThrow(RangeError);
          await expect(store.stat(ref)).rejects.toThrow(RangeError);
          await expect(store.remove(ref)).rejects.toThrow(RangeError);
        }
      },
    );

    it('are listed by their age, thousands of them, and nothing else', async () => {
      const old = new Date(Date.now() - 7_200_000);
      const names = Array.from({ length: 2300 }, (_none, index) => {
        const sha256 = hash(Buffer.from(`old ${index}`));
        return `${sha256.slice(0, 2)}/${sha256}-${'0'.repeat(16)}`;
      });
      for (const name of names) await test.plant(name, Buffer.from('x'), old);
      for (const name of ['README', 'aa/other', 'zz/0']) await test.plant(name, Buffer.of(1), old);
      const young = await put(Buffer.from('young'));
      const hourAgo = new Date(Date.now() - 3_600_000);
      expect((await listed(hourAgo)).toSorted()).toEqual(
        names.map((name) => `${store.scheme}${name}`).toSorted(),
      );
      expect(await listed(soon())).toContain(young);
    });

    it('that were never finished are removed by their age', async () => {
      await store.draft(pieces(Buffer.from('killed')));
      expect(await store.removeUnfinished(new Date(Date.now() - 60_000))).toBe(0);
      expect(await store.removeUnfinished(soon())).toBe(1);
      expect(await test.drafts()).toEqual([]);
    });
  });
}
