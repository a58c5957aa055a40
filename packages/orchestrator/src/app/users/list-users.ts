import type { User } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import { userView } from '../../domain/identity/user-record.ts';
import type { Seal } from '../../domain/tasks/page-cursor.ts';
import type { UserReader } from '../../ports/users.ts';
import { type PageRequest, readPage } from '../access/page.ts';
import { requireAction } from '../access/require-action.ts';

export interface ListUsersDeps {
  readonly users: Pick<UserReader, 'list'>;
  readonly seal: Seal;
}

export interface ListUsersRequest extends PageRequest {
  readonly is_active?: 'true' | 'false' | undefined;
  readonly q?: string | undefined;
}

/**
 * One page of users, newest first. See docs/reference/identity-and-policy.md#user-administration.
 * @throws OrchestratorError `forbidden`, `input_invalid`.
 */
export async function listUsers(
  deps: ListUsersDeps,
  actor: UserActor,
  request: ListUsersRequest,
): Promise<{ users: User[]; next_cursor?: string }> {
  requireAction(actor, 'user.manage');
  const isActive = request.is_active === undefined ? undefined : request.is_active === 'true';
  const page = await readPage(request, deps.seal, (paging) =>
    deps.users.list({ isActive, contains: request.q, ...paging }),
  );
  return {
    users: page.rows.map(userView),
    ...(page.next !== undefined && { next_cursor: page.next }),
  };
}
