import type { WorkspaceStore } from '../../ports/workspace.ts';
import type { DiskGuard } from '../disk/disk-guard.ts';

export interface RoomDeps {
  readonly disk: Pick<DiskGuard, 'admit'>;
  readonly workspace: Pick<WorkspaceStore, 'makeRoom'>;
}

/** Room for another job; what is kept for later ones gives way. @throws WorkerError `not_run` where there is none */
export async function requireRoom({ disk, workspace }: RoomDeps): Promise<void> {
  try {
    await disk.admit();
  } catch (error) {
    if (!(await workspace.makeRoom())) throw error;
    await disk.admit();
  }
}

/** How much of an archive is taken between two looks at the disk, bytes: headers alone make 8,000 files of it. */
const lookBytes = 4 * 1024 * 1024;

/** Chunks as they are written, as long as there is room for more. @throws as `requireRoom` */
export async function* whileRoom(
  deps: RoomDeps,
  content: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  let taken = 0;
  for await (const chunk of content) {
    taken += chunk.length;
    if (taken >= lookBytes) {
      await requireRoom(deps);
      taken = 0;
    }
    yield chunk;
  }
}
