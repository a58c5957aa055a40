import { uuidv7 } from '@cynodeai/runtime/std';
import { actorId, bootstrapActor } from '../../../domain/identity/actor.ts';
import type { SeedTransaction } from '../../../ports/seeds.ts';
import { appendAuthEvent } from '../audit/auth-audit.ts';
import type { Executor } from '../database.ts';

/**
 * The first administrator: user, password, role `owner` at system scope, audit row.
 * See docs/reference/identity-and-policy.md#bootstrap-administrator.
 */
export async function createAdministrator(
  db: Executor,
  { handle, passwordHash }: Parameters<SeedTransaction['createAdministrator']>[0],
): Promise<void> {
  const userId = uuidv7();
  await db.insertInto('users').values({ id: userId, handle }).execute();
  await db
    .insertInto('password_credentials')
    .values({
      user_id: userId,
      password_hash: Buffer.from(passwordHash, 'utf8'),
      hash_alg: 'argon2id',
    })
    .execute();
  await db
    .insertInto('role_bindings')
    .columns(['subject_type', 'subject_id', 'role_id', 'scope_type', 'updated_by'])
    .expression((eb) =>
      eb
        .selectFrom('roles')
        .select((row) => [
          row.val('user').as('subject_type'),
          row.cast<string>(row.val(userId), 'uuid').as('subject_id'),
          'roles.id as role_id',
          row.val('system').as('scope_type'),
          row.val(actorId(bootstrapActor)).as('updated_by'),
        ])
        .where('roles.name', '=', 'owner'),
    )
    .execute();
  const reason = actorId(bootstrapActor);
  await appendAuthEvent(db, {
    type: 'user_created',
    success: true,
    userId,
    subject: handle,
    reason,
  });
}
