import type { GatewayClient } from '@cynodeai/api-client';
import { type SavedFiles, checkFolder, saveFiles } from '@cynodeai/api-client/save-files';
import type { RunJobResult } from '@cynodeai/contracts/common';
import type { TaskResult } from '@cynodeai/contracts/gateway';
import { messageOf } from '@cynodeai/runtime/std';
import { exitCodes } from '../base/exit-code.ts';

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
  /** How many there were beyond what a job keeps. */
  readonly omitted: number;
  /** Where they were to be saved. */
  readonly out?: string;
  readonly saved?: SavedFiles;
  /** Why they were not saved as wished. */
  readonly fault?: string;
  /** They were not, because of Ctrl-C. */
  readonly interrupted?: boolean;
}

type Listed = Pick<RunJobResult, 'artifacts' | 'artifacts_omitted'>;

/** What a result says of files; what the orchestrator says of a job it has no result of knows none. */
function listed({ jobs }: TaskResult): readonly Listed[] {
  return jobs.flatMap(({ result }) =>
    result === undefined || 'error_type' in result ? [] : [result as Listed],
  );
}

/** Whether the files can be saved there at all, before anything runs. @throws SaveError `usage` */
export async function checkWish(wish: SaveWish | undefined): Promise<void> {
  if (wish !== undefined) await checkFolder(wish.out);
}

/** Finds what the jobs of a task left, and saves it where that is wished; a fault is told in the answer. */
export async function takeFiles(
  client: GatewayClient,
  result: TaskResult,
  wish: SaveWish | undefined,
  signal: AbortSignal,
): Promise<LeftFiles> {
  const jobs = listed(result);
  const all = jobs.flatMap(({ artifacts = [] }) => artifacts);
  const names = all.filter(({ ref }) => ref !== undefined).map(({ name }) => name);
  const lost = all.flatMap(({ name, error: reason }) => (reason ? [{ name, reason }] : []));
  const omitted = jobs.reduce((sum, { artifacts_omitted = 0 }) => sum + artifacts_omitted, 0);
  const left = { taskId: result.task_id, names, lost, omitted };
  if (wish === undefined) return left;
  const { out, replace } = wish;
  if (names.length === 0) return { ...left, out };
  try {
    const archive = await client.downloadAll(result.task_id, signal);
    return { ...left, out, saved: await saveFiles(out, archive, { replace }) };
  } catch (error) {
    const interrupted = signal.aborted;
    const why = interrupted ? 'interrupted' : messageOf(error);
    return { ...left, out, interrupted, fault: `the files were not saved: ${why}` };
  }
}

/** The exit code of a run by that of its job, which counts unless all went well and the files are not where they should be. */
export function exitCodeWith(ofJob: number, left: LeftFiles | undefined): number {
  if (ofJob !== 0 || left?.fault === undefined) return ofJob;
  return left.interrupted ? exitCodes.interrupted : exitCodes.fault;
}
