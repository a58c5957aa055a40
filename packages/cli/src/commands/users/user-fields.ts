import type { User } from '@cynodeai/contracts/gateway';
import type { Sparse } from '@cynodeai/runtime/call';
import { userOf } from '../../gateway/answers.ts';

export interface UserFields {
  readonly user_id: string;
  readonly handle: string;
  readonly email: string | undefined;
  readonly is_active: boolean;
  readonly created_at: string | undefined;
  readonly updated_at: string | undefined;
}

/** What is shown of a user, in the order of the columns. */
export const userColumns = [
  'user_id',
  'handle',
  'email',
  'is_active',
  'created_at',
  'updated_at',
] as const;

/** A user under the keys of this command line. */
export function userFields(answer: Sparse<User>): UserFields {
  const { id, ...user } = userOf(answer);
  const { handle, email, is_active, created_at, updated_at } = user;
  return { user_id: id, handle, email, is_active, created_at, updated_at };
}
