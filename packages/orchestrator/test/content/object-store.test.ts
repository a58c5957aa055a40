import { temporaryDirectory } from '@cynodeai/testing';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FileObjects } from '../../src/adapters/blobs/file-objects.ts';
import { type ObjectStoreUnderTest, testObjectStore } from '../suites/object-store.ts';
import { startS3 } from './support/s3-world.ts';

async function onDisk(): Promise<ObjectStoreUnderTest> {
  const directory = await temporaryDirectory();
  const root = join(directory.path, 'objects');
  return {
    store: new FileObjects(root),
    names: async () => {
      const all = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
      return all.filter((one) => one.isFile() && !one.name.startsWith('.')).map((one) => one.name);
    },
    drafts: () => readdir(join(root, 'drafts')).catch(() => []),
    plant: async (name, bytes, at) => {
      const path = join(root, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
      await utimes(path, at, at);
    },
    [Symbol.asyncDispose]: () => directory.remove(),
  };
}

async function inBucket(): Promise<ObjectStoreUnderTest> {
  const world = await startS3();
  return Object.assign(Object.create(world) as typeof world, { store: world.objects() });
}

testObjectStore('on disk', onDisk);
testObjectStore('in a bucket', inBucket);
