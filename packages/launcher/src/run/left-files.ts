import type { GatewayClient } from '@cynodeai/api-client';
import { type SavedFiles, checkFolder, saveFiles } from '@cynodeai/api-client/save-files';
import type { JobArtifact } from '@cynodeai/contracts/common';
import type { TaskResult } from '@cynodeai/contracts/gateway';
import { messageOf } from '@cynodeai/runtime/std';

/** Where what a job leaves is saved. */
export interface SaveWish {
  readonly out: string;
  readonly replace: boolean;
}

/** What became of the files that the jobs of a task left. */
export interface LeftFiles {
  readonly taskId: string;
  /** Names of those that there are. */
  readonly names: readonly string[];
  /** Those that could not be kept, with the reasons. */
  readonly lost: readonly { readonly name: string; readonly reason: string }[];
  readonly saved?: SavedFiles & { readonly out: string };
  /** Why they were not saved as wished. */
  readonly fault?: string;
}

function listed({ jobs }: TaskResult): readonly JobArtifact[] {
  return jobs.flatMap(({ result }) =>
    result !== undefined && 'artifacts' in result && Array.isArray(result.artifacts)
      ? result.artifacts
      : [],
  );
}

/** Whether the files can be saved there at all, before anything runs. @throws SaveError `usage` */
export async function checkWish(wish: SaveWish | undefined): Promise<void> {
  if (wish !== undefined) await checkFolder(wish.out);
}

/** Finds what the jobs of a task left, and saves it where that is wished. */
export async function takeFiles(
  client: GatewayClient,
  result: TaskResult,
  wish: SaveWish | undefined,
): Promise<LeftFiles> {
  const all = listed(result);
  const names = all.filter(({ ref }) => ref !== undefined).map(({ name }) => name);
  const lost = all.flatMap(({ name, error: reason }) => (reason ? [{ name, reason }] : []));
  const left = { taskId: result.task_id, names, lost };
  if (wish === undefined || names.length === 0) return left;
  const { out, replace } = wish;
  try {
    const archive = await client.downloadAll(result.task_id);
    return { ...left, saved: { ...(await saveFiles(out, archive, { replace })), out } };
  } catch (error) {
    return { ...left, fault: `the files were not saved: ${messageOf(error)}` };
  }
}
