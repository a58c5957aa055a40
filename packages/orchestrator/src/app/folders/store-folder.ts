import type { Folder } from '@cynodeai/contracts/gateway';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/identity/actor.ts';
import { folderBytes, folderSizeKey, folderView } from '../../domain/tasks/folder.ts';
import { canCreateSomewhere } from '../../domain/identity/task-access.ts';
import type { BlobWriter } from '../../ports/blobs-writer.ts';
import type { DiskSpace } from '../../ports/disk-space.ts';
import type { CheckArchive, Folders } from '../../ports/folders.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { requireRoom } from '../tasks/require-room.ts';

export interface StoreFolderDeps {
  readonly folders: Pick<Folders, 'transact' | 'settings'>;
  readonly blobs: Pick<BlobWriter, 'writeStream'>;
  readonly checkArchive: CheckArchive;
  readonly disk: DiskSpace;
  readonly clock: Clock;
}

/** @throws OrchestratorError `forbidden` */
function requireSender(actor: UserActor): void {
  if (canCreateSomewhere(actor)) return;
  const text = 'you may create tasks in no project; ask an owner or admin for a role';
  throw new OrchestratorError('forbidden', text);
}

/**
 * Stores a folder for tasks of the caller while it arrives. What is no archive of files, folders and symbolic links
 * below one folder is refused, and nothing of it stays. See docs/reference/folders.md#the-archive.
 * @throws OrchestratorError `forbidden`, `storage_full`, `input_invalid`, `input_too_large`, and what `chunks` throws
 */
export async function storeFolder(
  { folders, blobs, checkArchive, disk, clock }: StoreFolderDeps,
  caller: Caller,
  chunks: AsyncIterable<Buffer>,
): Promise<Outcome<'created', Folder>> {
  requireSender(caller.actor);
  await requireRoom(disk);
  const checked = checkArchive(chunks, folderBytes(await folders.settings([folderSizeKey])));
  const stored = await blobs.writeStream(checked.bytes());
  const { storageRef, sha256 } = stored;
  const at = clock.now();
  const { bytes, entries } = checked.size();
  const folder = { id: uuidv7(at.getTime()), sha256, sizeBytes: bytes, entries, storageRef };
  const value = folderView(folder);
  const done = { outcome: 'created', resourceId: value.folder } as const;
  // Where it fails the bytes stay until their claim ends: a connection lost at commit does not tell whether a row names them.
  await folders.transact(async (transaction) => {
    await transaction.save(caller.actor.userId, folder, at);
    await transaction.releaseClaims([stored.claim]);
    await record(transaction.audit, caller, done, at);
  });
  return { kind: 'created', value };
}
