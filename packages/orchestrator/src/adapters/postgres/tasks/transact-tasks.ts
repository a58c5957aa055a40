import type { Kysely, Transaction } from 'kysely';
import type { TaskTransaction, TransactTasks } from '../../../ports/tasks.ts';
import { insertArtifacts } from '../artifacts/insert-artifacts.ts';
import { postgresGatewayAudit } from '../audit/gateway-audit.ts';
import { postgresProjectStore } from '../projects/project-store.ts';
import type { Database } from '../tables.ts';
import { cancelTask } from './cancel-task.ts';
import { lockTask } from './find-task.ts';
import { finishIdempotent } from './idempotency-keys.ts';
import { insertFirstJob } from './insert-job.ts';
import { insertTask, lockName, takenNames } from './insert-task.ts';

function transactionOf(db: Transaction<Database>): TaskTransaction {
  return {
    projects: postgresProjectStore(db),
    audit: postgresGatewayAudit(db),
    insertTask: (task) => insertTask(db, task),
    lockName: (createdBy, name) => lockName(db, createdBy, name),
    takenNames: (createdBy, names) => takenNames(db, createdBy, names),
    insertArtifacts: (artifacts) => insertArtifacts(db, artifacts),
    insertJob: (job) => insertFirstJob(db, job),
    finishIdempotent: (claim, answer) => finishIdempotent(db, claim, answer),
    lockTask: (reference) => lockTask(db, reference),
    cancelTask: (taskId, at) => cancelTask(db, taskId, at),
  };
}

/** Runs work on tasks in one PostgreSQL transaction. */
export function postgresTransactTasks(db: Kysely<Database>): TransactTasks {
  return (work) => db.transaction().execute((trx) => work(transactionOf(trx)));
}
