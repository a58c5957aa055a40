import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { packFiles, unpackFiles } from '@cynodeai/runtime/archive';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import { memoryLog } from '@cynodeai/testing';
import type { JobArtifact } from '@cynodeai/contracts/common';
import { expect, it } from 'vitest';
import type { StoredBlob } from '../../ports/blobs-writer.ts';
import type { ClaimedJob } from '../../ports/claims.ts';
import { type TakeLeftFilesDeps, takeLeftFiles } from './take-left-files.ts';

const names = Array.from({ length: 40 }, (_none, index) => `file-${index}`);
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const listed: readonly JobArtifact[] = names.map((name) => ({
  name,
  content_type: 'text/plain',
  size_bytes: name.length,
  ref: `sha256:${hash(name)}`,
}));
const job = { jobId: 'job', node: { slug: 'node' } } as ClaimedJob;

const never = new AbortController().signal;

async function* sent(): AsyncGenerator<ArchiveFile, undefined> {
  for (const name of names) {
    const chunks = (async function* () {
      yield Buffer.from(name);
    })();
    yield { name, sizeBytes: name.length, executable: false, chunks };
  }
  return undefined;
}

/** A store that counts, and fails where it is told to. */
function world(fails: { readonly write?: string; readonly flush?: boolean }) {
  const seen = { writing: 0, most: 0, flushes: 0 };
  const written = new Map<string, StoredBlob>();
  const deps: TakeLeftFilesDeps = {
    worker: { leftFiles: sent },
    blobs: {
      batch: () => ({
        write: async (chunks, isRight) => {
          seen.writing += 1;
          seen.most = Math.max(seen.most, seen.writing);
          const pieces: Uint8Array[] = [];
          for await (const piece of chunks) pieces.push(piece);
          await new Promise(setImmediate);
          seen.writing -= 1;
          const text = Buffer.concat(pieces).toString();
          if (text === fails.write) throw new Error('no room for it');
          const sha256 = hash(text);
          if (!isRight(sha256)) return undefined;
          const blob = { storageRef: `file:${text}`, sizeBytes: text.length, sha256, claim: 'c' };
          written.set(sha256, blob);
          return blob;
        },
        flush: async () => {
          seen.flushes += 1;
          if (fails.flush === true) throw new Error('the disk is gone');
          return written;
        },
      }),
    },
    log: memoryLog(),
    sleep: async () => {},
  };
  return { seen, deps };
}

it('writes a few files at a time and waits once for the disk', async () => {
  const { seen, deps } = world({});
  const taken = await takeLeftFiles(job, listed, deps, never);
  expect(taken.listed).toEqual(listed);
  expect(taken.artifacts.map(({ path }) => path).toSorted()).toEqual(names.toSorted());
  expect(seen).toMatchObject({ flushes: 1, writing: 0 });
  expect(seen.most).toBeGreaterThan(1);
  expect(seen.most).toBeLessThanOrEqual(16);
});

it('says of each file what was in its way', async () => {
  const { deps } = world({ write: 'file-7' });
  const { artifacts, listed: said } = await takeLeftFiles(job, listed, deps, never);
  expect(artifacts).toHaveLength(names.length - 1);
  expect(said.filter(({ error }) => error !== undefined)).toMatchObject([
    { name: 'file-7', error: 'no room for it' },
  ]);
});

it('gives out nothing that a power cut could take', async () => {
  const { deps } = world({ flush: true });
  const { artifacts, listed: said } = await takeLeftFiles(job, listed, deps, never);
  expect(artifacts).toEqual([]);
  expect(new Set(said.map(({ error, ref }) => `${error} ${ref}`))).toEqual(
    new Set(['the disk is gone undefined']),
  );
});

it('goes on behind a file that is being sent when its store fails', async () => {
  const { deps } = world({});
  const big = Buffer.alloc(1_000_000, 'x');
  const file = (name: string, bytes: Buffer): ArchiveFile => ({
    name,
    sizeBytes: bytes.length,
    executable: false,
    chunks: (async function* () {
      for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000);
    })(),
  });
  const archive = (): AsyncGenerator<ArchiveFile, undefined> =>
    (async function* () {
      yield* unpackFiles(packFiles([file('big', big), file('file-1', Buffer.from('file-1'))]));
      return undefined;
    })();
  const batch = deps.blobs.batch();
  const blobs = {
    ...deps.blobs,
    batch: () => ({
      flush: () => batch.flush(),
      write: async (chunks: AsyncIterable<Uint8Array>, isRight: (sha256: string) => boolean) => {
        let bytes = 0;
        const kept: Uint8Array[] = [];
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > 500_000) throw new Error('no room for it');
          kept.push(chunk);
        }
        return batch.write(pieces(kept), isRight);
      },
    }),
  };
  const entries = listed.filter(({ name }) => name === 'file-1');
  const all = [{ ...listed[0], name: 'big', size_bytes: big.length } as JobArtifact, ...entries];
  const taken = await takeLeftFiles(
    job,
    all,
    { ...deps, blobs, worker: { leftFiles: archive } },
    never,
  );
  expect(taken.artifacts.map(({ path }) => path)).toEqual(['file-1']);
  expect(taken.listed[0]).toMatchObject({ name: 'big', error: 'no room for it' });
});

async function* pieces(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

it('ends when the job is lost, without waiting for its node', async () => {
  const { deps } = world({});
  const lost = new AbortController();
  let asked = 0;
  const leftFiles: TakeLeftFilesDeps['worker']['leftFiles'] = async function* (
    _node,
    _job,
    { signal },
  ) {
    asked += 1;
    lost.abort();
    if (!signal.aborted) await once(signal, 'abort');
    yield* [];
    return 'it is over';
  };
  await takeLeftFiles(job, listed, { ...deps, worker: { leftFiles } }, lost.signal);
  expect(asked).toBe(1);
});
