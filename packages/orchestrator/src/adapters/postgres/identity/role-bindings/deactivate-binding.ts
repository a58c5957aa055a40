import type { Executor } from '../../database.ts';

/** Withdraws a grant. */
export async function deactivateBinding(
  db: Executor,
  id: string,
  actor: string,
  at: Date,
): Promise<void> {
  await db
    .updateTable('role_bindings')
    .set({ is_active: false, updated_at: at, updated_by: actor })
    .where('id', '=', id)
    .execute();
}
