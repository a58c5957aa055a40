import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { Passwords } from '../../ports/identity.ts';
import type { OwnerGuard, TransactUsers } from '../../ports/users.ts';

/** What changing users takes. */
export interface UserAdminDeps {
  readonly transact: TransactUsers;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly clock: Clock;
}

/** Undoes a change that left nobody to own the install. @throws OrchestratorError `last_owner`. */
export async function requireOwnerLeft(owners: OwnerGuard): Promise<void> {
  if (await owners.isAnyLeft()) return;
  throw new OrchestratorError(
    'last_owner',
    'this is the last active owner; give another active user the system role owner first',
  );
}
