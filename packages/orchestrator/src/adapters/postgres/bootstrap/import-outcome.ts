import type { Executor } from '../database.ts';

/** Key of the row in `orchestrator_state`. Contract 02 section 7. */
const bootstrapKey = 'bootstrap_import';

/** Why the last import of the bootstrap file failed; undefined when it did not, or when none is configured. */
export async function readBootstrapError(db: Executor): Promise<string | undefined> {
  const row = await db
    .selectFrom('orchestrator_state')
    .select('value')
    .where('key', '=', bootstrapKey)
    .executeTakeFirst();
  const value = row?.value;
  if (typeof value !== 'object' || value === null) return undefined;
  const error: unknown = Reflect.get(value, 'error');
  return typeof error === 'string' ? error : undefined;
}
