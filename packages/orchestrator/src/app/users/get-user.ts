import type { User } from '@cynodeai/contracts/gateway';
import type { Principal } from '../../domain/identity/principal.ts';
import { requireUser, userView } from '../../domain/identity/user-record.ts';
import type { UserReader } from '../../ports/users.ts';
import { requireAction } from '../access/require-action.ts';

/** One user. Contract 04 section 4.5. @throws OrchestratorError `forbidden`, `user_unknown`. */
export async function getUser(
  users: Pick<UserReader, 'find'>,
  principal: Principal,
  id: string,
): Promise<User> {
  requireAction(principal, 'user.manage');
  return userView(requireUser(await users.find(id)));
}
