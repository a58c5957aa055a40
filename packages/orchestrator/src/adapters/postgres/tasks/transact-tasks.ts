import type { Kysely, Transaction } from 'kysely';
import type { TaskTransaction, TransactTasks } from '../../../ports/tasks.ts';
import { postgresGatewayAudit } from '../audit/gateway-audit.ts';
import { postgresProjectStore } from '../projects/project-store.ts';
import type { Database } from '../tables.ts';
import { cancelTask } from './cancel-task.ts';
import { countFinished, removeFinished, removeTask } from './finished-tasks.ts';
import { lockTask } from './find-task.ts';
import { createTask } from './create-task.ts';
import { lockName, takenNames } from './task-names.ts';

/** Work on tasks within a transaction. */
export function taskTransactionOf(db: Transaction<Database>): TaskTransaction {
  return {
    projects: postgresProjectStore(db),
    audit: postgresGatewayAudit(db),
    create: (creation) => createTask(db, creation),
    lockName: (createdBy, name) => lockName(db, createdBy, name),
    takenNames: (createdBy, names) => takenNames(db, createdBy, names),
    lockTask: (reference) => lockTask(db, reference),
    cancelTask: (taskId, at) => cancelTask(db, taskId, at),
    countFinished: (before) => countFinished(db, before),
    removeFinished: (before, limit) => removeFinished(db, before, limit),
    removeTask: (taskId) => removeTask(db, taskId),
  };
}

/** Runs work on tasks in one PostgreSQL transaction. */
export function postgresTransactTasks(db: Kysely<Database>): TransactTasks {
  return (work) => db.transaction().execute((trx) => work(taskTransactionOf(trx)));
}
