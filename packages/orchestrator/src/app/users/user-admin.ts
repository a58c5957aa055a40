import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/identity/actor.ts';
import { mayGrant } from '../../domain/identity/role-map.ts';
import type { Passwords } from '../../ports/identity.ts';
import type { OwnerGuard, TransactUsers, UserTransaction } from '../../ports/users.ts';

/** What changing users takes. */
export interface UserAdminDeps {
  readonly transact: TransactUsers;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly clock: Clock;
}

/**
 * Refuses a change of an owner by anybody who is none: whoever could lock owners out, end their sessions or know their
 * password would be above them. @throws OrchestratorError `forbidden`.
 */
export async function requireAbove(
  transaction: Pick<UserTransaction, 'isOwner'>,
  actor: UserActor,
  id: string,
): Promise<void> {
  if (id === actor.userId || mayGrant(actor, 'owner') || !(await transaction.isOwner(id))) return;
  throw new OrchestratorError('forbidden', 'only an owner may change an owner');
}

/** Undoes a change that left nobody to own the install. @throws OrchestratorError `last_owner`. */
export async function requireOwnerLeft(owners: OwnerGuard): Promise<void> {
  if (await owners.isAnyLeft()) return;
  throw new OrchestratorError(
    'last_owner',
    'this is the last active owner; give another active user the system role owner first',
  );
}
