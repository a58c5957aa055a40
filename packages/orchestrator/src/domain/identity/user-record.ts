import type { User } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../errors.ts';
import { systemHandle } from './handle.ts';

/** A row of `users`, without anything secret. */
export interface UserRecord {
  readonly id: string;
  readonly handle: string;
  readonly email: string | undefined;
  readonly isActive: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A user as administrators see them. */
export function userView(user: UserRecord): User {
  return {
    id: user.id,
    handle: user.handle,
    ...(user.email !== undefined && { email: user.email }),
    is_active: user.isActive,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  };
}

/** The user when there is one. @throws OrchestratorError `user_unknown`. */
export function requireUser(user: UserRecord | undefined): UserRecord {
  if (user !== undefined) return user;
  throw new OrchestratorError('user_unknown', 'no such user; list the users to find the id');
}

/** The user, unless it is the reserved one. @throws OrchestratorError `user_unknown`, `user_reserved`. */
export function requireChangeable(user: UserRecord | undefined): UserRecord {
  const found = requireUser(user);
  if (found.handle !== systemHandle) return found;
  throw new OrchestratorError('user_reserved', 'the user "system" cannot be changed');
}
