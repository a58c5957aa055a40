import { systemClock } from '@cynodeai/runtime/std';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { callerWith } from '../../../test/support/active-user.ts';
import type { CheckArchive, FolderRecord } from '../../ports/folders.ts';
import type { Caller } from '../audit/call.ts';
import { storeFolder } from './store-folder.ts';

const caller: Caller = {
  actor: { kind: 'session', sessionId: 's', ...callerWith([]) },
  call: {
    requestId: 'r',
    ip: '::1',
    userAgent: undefined,
    entry: { operation: 'folders.create', action: 'task.create', resource: 'folder' },
    elapsedMs: () => 0,
    codeOf: () => 0,
  },
};
const checkArchive: CheckArchive = (chunks) => ({
  bytes: () => chunks,
  size: () => ({ bytes: 1, entries: 1 }),
});

it('keeps the bytes of a folder whose row was written when the connection is lost at commit', async () => {
  const kept = new Set<string>();
  const rows: FolderRecord[] = [];
  const blobs = {
    writeStream: async () => {
      kept.add('file:1');
      return { storageRef: 'file:1', sizeBytes: 1, sha256: 'a', claim: 'c' };
    },
  };
  const sent = storeFolder(
    {
      folders: {
        transact: async (work) => {
          await work({
            audit: { append: async () => {} },
            save: async (_owner, folder) => void rows.push(folder),
            releaseClaims: async () => {},
          });
          throw new Error('Connection terminated unexpectedly');
        },
        settings: async () => new Map(),
      },
      blobs,
      checkArchive,
      disk: { usedShare: async () => 0 },
      clock: systemClock,
    },
    caller,
    Readable.from([]),
  );
  await expect(sent).rejects.toThrow('Connection terminated');
  expect(rows.map(({ storageRef }) => kept.has(storageRef))).toEqual([true]);
});
