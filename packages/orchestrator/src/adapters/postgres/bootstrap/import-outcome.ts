import type { BootstrapOutcome } from '../../../ports/bootstrap.ts';
import type { Executor } from '../database.ts';

/** Key of the row in `orchestrator_state`. See docs/reference/database.md#policy-tables. */
const bootstrapKey = 'bootstrap_import';

async function readOutcome(db: Executor): Promise<unknown> {
  const row = await db
    .selectFrom('orchestrator_state')
    .select('value')
    .where('key', '=', bootstrapKey)
    .executeTakeFirst();
  return row?.value;
}

function errorOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const error: unknown = Reflect.get(value, 'error');
  return typeof error === 'string' ? error : undefined;
}

/** Why the last import of the bootstrap file failed; undefined when it did not, or when none is configured. */
export async function readBootstrapError(db: Executor): Promise<string | undefined> {
  return errorOf(await readOutcome(db));
}

/** Remembers what came of an import; writes only what differs. */
export async function saveBootstrapOutcome(
  db: Executor,
  outcome: BootstrapOutcome | undefined,
): Promise<void> {
  const before = await readOutcome(db);
  if (outcome === undefined) {
    await db.deleteFrom('orchestrator_state').where('key', '=', bootstrapKey).execute();
    return;
  }
  const error = outcome.status === 'failed' ? outcome.error : undefined;
  if (before !== undefined && errorOf(before) === error) return;
  const values = { value: JSON.stringify(outcome), updated_at: new Date() };
  await db
    .insertInto('orchestrator_state')
    .values({ key: bootstrapKey, ...values })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
    .execute();
}
