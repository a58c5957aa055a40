import { sql } from 'kysely';
import type { RoleBindingRecord } from '../../../../domain/identity/role-binding.ts';
import type { Executor } from '../../database.ts';
import { type BindingRow, bindingColumns, bindingOf, isKnownRole } from './binding-columns.ts';

/** One grant, locked until the transaction ends. */
export async function lockBinding(
  db: Executor,
  id: string,
): Promise<RoleBindingRecord | undefined> {
  const { rows } = await sql<BindingRow>`
    select ${bindingColumns} from role_bindings b join roles r on r.id = b.role_id
     where b.id = ${id} and ${isKnownRole} for no key update of b`.execute(db);
  const [row] = rows;
  return row && bindingOf(row);
}
