import type { Kysely, Transaction } from 'kysely';
import type { TransactUsers, UserTransaction } from '../../../../ports/users.ts';
import { postgresGatewayAudit } from '../../audit/gateway-audit.ts';
import { postgresProjectStore } from '../../projects/project-store.ts';
import type { Database } from '../../tables.ts';
import { finishIdempotent } from '../../tasks/idempotency-keys.ts';
import { isOwner, postgresOwnerGuard } from '../owners.ts';
import { lockUser } from './find-user.ts';
import { insertUser } from './insert-user.ts';
import { recordUserEvent } from './record-user-event.ts';
import { revokeSessions } from './revoke-sessions.ts';
import { hasPassword, setPassword } from './set-password.ts';
import { setUserActive } from './set-user-active.ts';

function transactionOf(db: Transaction<Database>): UserTransaction {
  return {
    projects: postgresProjectStore(db),
    audit: postgresGatewayAudit(db),
    owners: postgresOwnerGuard(db),
    insert: (user) => insertUser(db, user),
    lock: (id) => lockUser(db, id),
    setActive: (id, isActive, at) => setUserActive(db, id, isActive, at),
    setPassword: (id, passwordHash, at) => setPassword(db, id, passwordHash, at),
    hasPassword: (id, passwordHash) => hasPassword(db, id, passwordHash),
    revokeSessions: (id, revocation) => revokeSessions(db, id, revocation),
    record: (event) => recordUserEvent(db, event),
    isOwner: (id) => isOwner(db, id),
    finishIdempotent: (claim, answer) => finishIdempotent(db, claim, answer),
  };
}

/** Runs work on users in one PostgreSQL transaction. */
export function postgresTransactUsers(db: Kysely<Database>): TransactUsers {
  return (work) => db.transaction().execute((trx) => work(transactionOf(trx)));
}
