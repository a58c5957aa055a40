import type { Kysely } from 'kysely';
import type { RoleBindingReader, TransactRoleBindings } from '../../../../ports/role-bindings.ts';
import { postgresGatewayAudit } from '../../audit/gateway-audit.ts';
import type { Database } from '../../tables.ts';
import { postgresOwnerGuard } from '../owners.ts';
import { deactivateBinding } from './deactivate-binding.ts';
import { grantBinding } from './grant-binding.ts';
import { listBindings } from './list-bindings.ts';
import { lockBinding } from './lock-binding.ts';

/** Runs work on grants in one PostgreSQL transaction. */
export function postgresTransactRoleBindings(db: Kysely<Database>): TransactRoleBindings {
  return (work) =>
    db.transaction().execute((trx) =>
      work({
        audit: postgresGatewayAudit(trx),
        owners: postgresOwnerGuard(trx),
        grant: (grant) => grantBinding(trx, grant),
        lock: (id) => lockBinding(trx, id),
        deactivate: (id, actor, at) => deactivateBinding(trx, id, actor, at),
      }),
    );
}

/** Grants in PostgreSQL, to read. */
export function postgresRoleBindingReader(db: Kysely<Database>): RoleBindingReader {
  return { list: (query) => listBindings(db, query) };
}
