import { sandboxName } from '../../domain/sandbox/naming.ts';
import type { SandboxEngine } from '../../ports/sandbox-engine.ts';
import type { JobWorkspace, WorkspaceStore } from '../../ports/workspace.ts';
import type { DiskGuard } from '../disk/disk-guard.ts';

export interface KeptWorkspaceDeps {
  readonly engine: Pick<SandboxEngine, 'removeLeftovers'>;
  readonly workspace: Pick<WorkspaceStore, 'keptHolder' | 'releaseKept'>;
  readonly disk: Pick<DiskGuard, 'sizeOf'>;
  readonly nodeSlug: string;
}

/**
 * A container that could not be ended with its job writes nowhere any more before another one begins.
 * See docs/reference/workspaces.md#one-at-a-time. @throws what `SandboxEngine.removeLeftovers` throws
 */
export async function endFormerHolder(deps: KeptWorkspaceDeps, workspaceId: string): Promise<void> {
  const jobId = await deps.workspace.keptHolder(workspaceId);
  if (jobId === undefined) return;
  const former = sandboxName(jobId);
  await deps.engine.removeLeftovers(deps.nodeSlug, (name) => name !== former);
}

/** The container is gone: a kept workspace is there for the next job, and as large as it is. */
export async function withKept<R extends object>(
  deps: KeptWorkspaceDeps,
  { keptId, workspaceDir }: JobWorkspace,
  ran: R,
): Promise<R & { readonly workspaceBytes?: number }> {
  if (keptId === undefined) return ran;
  await deps.workspace.releaseKept(keptId);
  return { ...ran, workspaceBytes: await deps.disk.sizeOf(workspaceDir) };
}
