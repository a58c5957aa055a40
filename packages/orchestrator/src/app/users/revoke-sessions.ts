import { requireUser } from '../../domain/identity/user-record.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { type UserAdminDeps, requireAbove } from './user-admin.ts';

/**
 * Ends every session of a user, the caller's own one included when they are that user; anybody may
 * end their own. See docs/reference/identity-and-policy.md#user-administration, REQ-IDENTY-0119.
 * @throws OrchestratorError `forbidden`, `user_unknown`.
 */
export async function revokeSessions(
  deps: Pick<UserAdminDeps, 'transact' | 'clock'>,
  caller: Caller,
  id: string,
): Promise<Outcome<'changed', void>> {
  const { actor, call: client } = caller;
  if (id !== actor.userId) requireAction(actor, 'user.manage');
  return deps.transact(async (transaction) => {
    requireUser(await transaction.lock(id));
    await requireAbove(transaction, actor, id);
    const at = deps.clock.now();
    await transaction.revokeSessions(id, { reason: 'revoked', client, at });
    await record(transaction.audit, caller, { outcome: 'changed', resourceId: id }, at);
    return { kind: 'changed', value: undefined };
  });
}
