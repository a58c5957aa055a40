import type { User } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import { requireUser, userView } from '../../domain/identity/user-record.ts';
import type { UserReader } from '../../ports/users.ts';
import { requireAction } from '../access/require-action.ts';

/**
 * One user. See docs/reference/identity-and-policy.md#user-administration.
 * @throws OrchestratorError `forbidden`, `user_unknown`.
 */
export async function getUser(
  users: Pick<UserReader, 'find'>,
  actor: UserActor,
  id: string,
): Promise<User> {
  requireAction(actor, 'user.manage');
  return userView(requireUser(await users.find(id)));
}
