import type { Workspace } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import type { WorkspaceReader, WorkspaceRecord } from '../../ports/workspaces.ts';
import { requireAction } from '../access/require-action.ts';

function workspaceView(record: WorkspaceRecord): Workspace {
  const { name, nodeSlug, sizeBytes, heldBy, createdAt, lastUsedAt } = record;
  return {
    name,
    ...(nodeSlug !== undefined && { node: nodeSlug }),
    ...(sizeBytes !== undefined && { size_bytes: sizeBytes }),
    ...(heldBy && { in_use_by: heldBy.name, in_use_by_id: heldBy.id }),
    created_at: createdAt.toISOString(),
    ...(lastUsedAt !== undefined && { last_used_at: lastUsedAt.toISOString() }),
  };
}

/** The caller's own kept workspaces. See docs/reference/workspaces.md. @throws OrchestratorError `forbidden` */
export async function listWorkspaces(
  { workspaces }: { readonly workspaces: WorkspaceReader },
  actor: UserActor,
): Promise<Workspace[]> {
  requireAction(actor, 'workspace.read', { createdBy: actor.userId });
  return (await workspaces.list(actor.userId)).map(workspaceView);
}
