import { limits } from '@cynodeai/contracts/common';
import { OrchestratorError } from '../../domain/errors.ts';
import type { WorkspaceReader } from '../../ports/workspaces.ts';

/**
 * Sees that a task may name the workspace, before it is made. See docs/reference/workspaces.md.
 * @throws OrchestratorError `workspaces_full` for a new one beyond those that one may have
 */
export async function requireWorkspace(
  workspaces: WorkspaceReader,
  ownerId: string,
  name: string | undefined,
): Promise<void> {
  if (name === undefined) return;
  const known = await workspaces.list(ownerId);
  if (known.length < limits.workspacesPerUser || known.some((one) => one.name === name)) return;
  const text = `you have ${known.length} workspaces, as many as one may have; delete one first: cynork workspaces list`;
  throw new OrchestratorError('workspaces_full', text);
}
