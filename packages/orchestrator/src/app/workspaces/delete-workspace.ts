import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { TransactWorkspaces } from '../../ports/workspaces.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';

export interface DeleteWorkspaceDeps {
  readonly transact: TransactWorkspaces;
  readonly clock: Clock;
}

/**
 * Deletes a workspace of the caller; its node removes the content as soon as it is there.
 * See docs/reference/workspaces.md#delete. @throws OrchestratorError `forbidden`, `workspace_unknown`, `workspace_in_use`
 */
export async function deleteWorkspace(
  deps: DeleteWorkspaceDeps,
  caller: Caller,
  name: string,
): Promise<Outcome<'removed', void>> {
  const { userId: ownerId } = caller.actor;
  requireAction(caller.actor, 'workspace.delete', { createdBy: ownerId });
  return deps.transact(async (transaction) => {
    const id = await transaction.lock(ownerId, name);
    if (id === undefined) {
      throw new OrchestratorError('workspace_unknown', `you have no workspace ${name}`);
    }
    const task = await transaction.usedBy(id);
    if (task !== undefined) {
      const text = `task ${task} uses the workspace ${name}; wait for its end, or cancel it: cynork task cancel ${task}`;
      throw new OrchestratorError('workspace_in_use', text);
    }
    await transaction.remove(id);
    const at = deps.clock.now();
    await record(transaction.audit, caller, { outcome: 'removed', resourceId: name }, at);
    return { kind: 'removed', value: undefined };
  });
}
