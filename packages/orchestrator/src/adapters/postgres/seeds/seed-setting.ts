import { actorId, bootstrapActor } from '../../../domain/identity/actor.ts';
import { type Executor } from '../database.ts';

const actor = actorId(bootstrapActor);

/**
 * A text setting from the environment: written when absent, or when `bootstrap` wrote another value
 * before; what an operator set stays. See docs/reference/settings.md#bootstrap-file.
 */
export async function seedSetting(db: Executor, key: string, value: string): Promise<boolean> {
  const json = JSON.stringify(value);
  const current = await db
    .selectFrom('system_settings')
    .select(['value', 'version', 'updated_by'])
    .where('key', '=', key)
    .forUpdate()
    .executeTakeFirst();
  if (current !== undefined && (current.updated_by !== actor || current.value === value)) {
    return false;
  }
  const values = {
    value: json,
    value_type: 'string' as const,
    version: (current?.version ?? 0) + 1,
    updated_at: new Date(),
    updated_by: actor,
  };
  await db
    .insertInto('system_settings')
    .values({ key, ...values })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
    .execute();
  await db
    .insertInto('system_settings_audit_log')
    .values({
      key,
      old_value: current === undefined ? null : JSON.stringify(current.value),
      new_value: json,
      changed_by: actor,
    })
    .execute();
  return true;
}
