import type { Kysely } from 'kysely';
import type { JobQueue } from '../../../ports/dispatch.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { Database } from '../tables.ts';
import { claimRetries } from './claim-retries.ts';
import { claimSandboxJobs } from './claim-sandbox-jobs.ts';
import { completeJobs } from './complete-jobs.ts';
import { deactivateNode } from './deactivate-node.ts';
import { reapLeases, releaseLease } from './expire-leases.ts';
import { noteWaiting } from './note-waiting.ts';
import { readDispatchNodes } from './read-dispatch-nodes.ts';
import { readTaskInput } from './read-task-input.ts';
import { requeueJob } from './requeue-job.ts';
import { moveJob } from './move-job.ts';
import { renewLeases } from './renew-leases.ts';
import {
  abandonLeases,
  canceledAmong,
  isWanted,
  noteAdopted,
  othersRun,
  takeOrphanedCancels,
} from './running-jobs.ts';

/** The queue of jobs in PostgreSQL. */
export function postgresJobQueue(db: Kysely<Database>, vault: NodeTokenVault): JobQueue {
  return {
    claimSandboxJobs: (options) => claimSandboxJobs(db, vault, options),
    claimRetries: () => claimRetries(db, vault),
    noteWaiting: () => noteWaiting(db, vault),
    renew: (leases) => renewLeases(db, leases),
    complete: (jobs) => completeJobs(db, jobs),
    requeue: (lease, back) => requeueJob(db, lease, back),
    release: (lease, reason) => releaseLease(db, lease, reason),
    move: (job, options) => moveJob(db, vault, job, options),
    noteAdopted: (lease) => noteAdopted(db, lease),
    reap: (exceptLeaseIds) => reapLeases(db, exceptLeaseIds),
    takeOrphanedCancels: () => takeOrphanedCancels(db),
    isWanted: (job) => isWanted(db, job),
    canceledAmong: (jobIds) => canceledAmong(db, jobIds),
    abandon: (leases) => abandonLeases(db, leases),
    othersRun: (ownLeaseIds) => othersRun(db, ownLeaseIds),
    nodeFacts: async () => (await readDispatchNodes(db, vault)).map((node) => node.facts),
    connections: async () => {
      const nodes = await readDispatchNodes(db, vault);
      return new Map(
        nodes.flatMap(({ connection }) => (connection ? [[connection.nodeId, connection]] : [])),
      );
    },
    taskInput: (taskId) => readTaskInput(db, taskId),
    deactivateNode: (nodeId, reason) => deactivateNode(db, nodeId, reason),
    artifactRefs: async (taskId, artifactIds) => {
      const rows = await db
        .selectFrom('task_artifacts')
        .select(['id', 'storage_ref'])
        .where('task_id', '=', taskId)
        .where('id', 'in', artifactIds)
        .execute();
      return new Map(rows.map((row) => [row.id, row.storage_ref]));
    },
  };
}
