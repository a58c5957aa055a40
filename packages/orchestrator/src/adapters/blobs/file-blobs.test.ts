import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileBlobs } from './file-blobs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blobs-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('blobs as files', () => {
  it('come back byte for byte and belong to nobody else', async () => {
    const blobs = new FileBlobs(join(folder, 'deep', 'store'));
    const bytes = randomBytes(100_000);
    const blob = await blobs.write(bytes);
    expect(blob).toEqual({
      storageRef: expect.stringMatching(/^file:[0-9a-f]{2}\/[0-9a-f-]{36}$/),
      sizeBytes: 100_000,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(bytes.equals(await blobs.read(blob.storageRef))).toBe(true);
    const { mode } = await stat(join(folder, 'deep', 'store', blob.storageRef.slice(5)));
    expect(mode & 0o777).toBe(0o600);
  });

  it('are gone after removal, which may be repeated', async () => {
    const blobs = new FileBlobs(folder);
    const { storageRef } = await blobs.write(new Uint8Array());
    await blobs.remove(storageRef);
    await blobs.remove(storageRef);
    await expect(blobs.read(storageRef)).rejects.toThrow();
  });

  it.each(['file:../../etc/passwd', 'file:/etc/passwd', 'inline:abc', 'file:ab/../x', ''])(
    'refuse the reference %j',
    async (reference) => {
      const blobs = new FileBlobs(folder);
      await expect(blobs.read(reference)).rejects.toThrow('unknown form');
      await expect(blobs.remove(reference)).rejects.toThrow('unknown form');
    },
  );

  it('leave nothing behind when they cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(new FileBlobs(join(folder, 'file')).write(new Uint8Array(3))).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['file']);
  });
});
