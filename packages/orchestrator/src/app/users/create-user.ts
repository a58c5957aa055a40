import type { CreateUserRequest, User } from '@cynodeai/contracts/gateway';
import { uuidv7 } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { newHandle } from '../../domain/identity/handle.ts';
import { requireAcceptablePassword } from '../../domain/identity/password-rules.ts';
import { type UserRecord, userView } from '../../domain/identity/user-record.ts';
import type { IdempotencyClaim, IdempotentCall } from '../../ports/tasks.ts';
import type { NewUser, UserTransaction } from '../../ports/users.ts';
import { type ManageCall, actorOf, changeRow, clientOf } from '../access/manage-call.ts';
import { requireAction } from '../access/require-action.ts';
import {
  type OnceOutcome,
  type RunOnceDeps,
  keepCreated,
  runOnce,
} from '../idempotency/run-once.ts';
import type { UserAdminDeps } from './user-admin.ts';

export interface CreateUserCall extends ManageCall {
  readonly request: CreateUserRequest;
}

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
  call: CreateUserCall,
  claim: IdempotencyClaim | undefined,
): Promise<User> {
  const { principal, request } = call;
  const handle = newHandle(request.handle);
  requireAcceptablePassword(request.password, handle, 'password');
  const passwordHash = await deps.passwords.hash(request.password);
  return deps.transact(async (transaction) => {
    const at = deps.clock.now();
    const id = uuidv7(at.getTime());
    const user = await insert(transaction, { id, handle, email: request.email, passwordHash, at });
    await transaction.projects.ensureDefault(id, at);
    const client = clientOf(call);
    await transaction.record({
      type: 'user_created',
      user,
      actor: actorOf(principal),
      client,
      at,
    });
    const change = {
      operation: 'users.create',
      statusCode: 201,
      on: { type: 'user', id },
    } as const;
    await transaction.audit.append([changeRow(call, change, at)]);
    const body = userView(user);
    await keepCreated(transaction, claim, { body, resourceId: id });
    return body;
  });
}

/**
 * Creates a user with password and default project, at most once per idempotency key. Contract 04 section 4.5,
 * REQ-IDENTY-0114. @throws OrchestratorError `forbidden`, `input_invalid`, `handle_taken`, `email_taken`,
 * `idempotency_conflict`.
 */
export async function createUser(
  deps: UserAdminDeps & RunOnceDeps,
  call: CreateUserCall,
  key: IdempotentCall | undefined,
): Promise<OnceOutcome<User>> {
  requireAction(call.principal, 'user.manage');
  if (key === undefined) return { kind: 'done', value: await create(deps, call, undefined) };
  return runOnce(deps, key, (claim) => create(deps, call, claim));
}
