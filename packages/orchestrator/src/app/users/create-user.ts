import { type CreateUserRequest, type User, userSchema } from '@cynodeai/contracts/gateway';
import { uuidv7 } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { actorId } from '../../domain/identity/actor.ts';
import { newHandle } from '../../domain/identity/handle.ts';
import { requireAcceptablePassword } from '../../domain/identity/password-rules.ts';
import { type UserRecord, userView } from '../../domain/identity/user-record.ts';
import type { IdempotencyClaim, IdempotentCall } from '../../ports/tasks.ts';
import type { NewUser, UserTransaction } from '../../ports/users.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { type RunOnceDeps, keepCreated, runOnce } from '../idempotency/run-once.ts';
import type { UserAdminDeps } from './user-admin.ts';

async function insert(transaction: UserTransaction, user: NewUser): Promise<UserRecord> {
  const inserted = await transaction.insert(user);
  if (typeof inserted !== 'string') return inserted;
  const field = inserted === 'handle_taken' ? 'handle' : 'email';
  throw new OrchestratorError(inserted, `another user has this ${field}; choose another one`, {
    field,
  });
}

async function create(
  deps: UserAdminDeps,
  caller: Caller,
  request: CreateUserRequest,
  claim: IdempotencyClaim | undefined,
): Promise<Outcome<'created', User>> {
  const { actor, call: client } = caller;
  const handle = newHandle(request.handle);
  requireAcceptablePassword(request.password, handle, 'password');
  const passwordHash = await deps.passwords.hash(request.password);
  return deps.transact(async (transaction) => {
    const at = deps.clock.now();
    const id = uuidv7(at.getTime());
    const user = await insert(transaction, { id, handle, email: request.email, passwordHash, at });
    await transaction.projects.ensureDefault(id, at);
    const type = 'user_created';
    await transaction.record({ type, user, actor: actorId(actor), client, at });
    await record(transaction.audit, caller, { outcome: 'created', resourceId: id }, at);
    const created = { kind: 'created', value: userView(user) } as const;
    await keepCreated(transaction, caller.call, claim, created.value);
    return created;
  });
}

/**
 * Creates a user with password and default project, at most once per idempotency key.
 * See docs/reference/identity-and-policy.md#user-administration, REQ-IDENTY-0114.
 * @throws OrchestratorError `forbidden`, `input_invalid`, `handle_taken`, `email_taken`,
 * `idempotency_conflict`.
 */
export async function createUser(
  deps: UserAdminDeps & RunOnceDeps,
  caller: Caller,
  request: CreateUserRequest,
  key: IdempotentCall | undefined,
): Promise<Outcome<'created' | 'replayed', User>> {
  requireAction(caller.actor, 'user.manage');
  if (key === undefined) return create(deps, caller, request, undefined);
  return runOnce(deps, key, userSchema, (claim) => create(deps, caller, request, claim));
}
