import { randomBytes } from 'node:crypto';
import { Secret } from '@cynodeai/runtime/config';
import { hashPassword } from '@cynodeai/runtime/crypto';
import { uuidv7 } from '@cynodeai/runtime/std';
import { jwtAccessTokens } from '../../../src/adapters/crypto/user-tokens.ts';
import { type TestGateway, testKey } from './gateway.ts';

/** A user with a live session. */
export interface TestUser {
  readonly id: string;
  readonly handle: string;
  readonly sessionId: string;
  readonly token: string;
}

const hourMs = 3_600_000;

/** A user without a password and with a session opened directly in the database. */
export async function addUser(gateway: TestGateway, handle: string): Promise<TestUser> {
  const { db, clock } = gateway;
  const id = uuidv7();
  const sessionId = uuidv7();
  const now = clock.now();
  await db
    .insertInto('users')
    .values({ id, handle, email: null, external_source: null, external_id: null })
    .execute();
  await db
    .insertInto('refresh_sessions')
    .values({
      id: sessionId,
      user_id: id,
      refresh_token_hash: randomBytes(32),
      refresh_token_kid: null,
      expires_at: new Date(now.getTime() + 30 * 24 * hourMs),
      last_used_at: null,
      previous_token_hash: null,
      revoked_at: null,
      revoked_reason: null,
    })
    .execute();
  const expiresAt = new Date(now.getTime() + 24 * hourMs);
  const token = await jwtAccessTokens(new Secret(testKey)).issue(
    { userId: id, sessionId, handle },
    now,
    expiresAt,
  );
  return { id, handle, sessionId, token };
}

/** Gives a user a password, by its hash where one is there already. */
export async function setPassword(
  gateway: TestGateway,
  userId: string,
  password: string | { readonly hash: string },
): Promise<void> {
  const hash = typeof password === 'string' ? await hashPassword(password) : password.hash;
  await gateway.db
    .insertInto('password_credentials')
    .values({ user_id: userId, password_hash: Buffer.from(hash), hash_alg: 'argon2id' })
    .execute();
}

/** Binds a role, for the whole system or for one project. */
export async function bindRole(
  gateway: TestGateway,
  subject: { readonly type: 'user' | 'group'; readonly id: string },
  role: string,
  projectId?: string,
): Promise<string> {
  const { db } = gateway;
  await db
    .insertInto('roles')
    .values({ name: role, description: null, max_sensitivity_level: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { id: roleId } = await db
    .selectFrom('roles')
    .select('id')
    .where('name', '=', role)
    .executeTakeFirstOrThrow();
  const { id } = await db
    .insertInto('role_bindings')
    .values({
      subject_type: subject.type,
      subject_id: subject.id,
      role_id: roleId,
      scope_type: projectId === undefined ? 'system' : 'project',
      scope_id: projectId ?? null,
      managed_by: null,
      last_synced_at: null,
      updated_by: 'system',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** A project without owner. */
export async function addProject(
  gateway: TestGateway,
  slug: string,
  isActive = true,
): Promise<string> {
  const { id } = await gateway.db
    .insertInto('projects')
    .values({
      slug,
      display_name: slug,
      description: null,
      owner_user_id: null,
      is_active: isActive,
      updated_by: 'system',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
