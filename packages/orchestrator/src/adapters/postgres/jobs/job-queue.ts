import type { Kysely } from 'kysely';
import type { JobQueue } from '../../../ports/dispatch.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { Database } from '../tables.ts';
import { claimInferenceJobs } from './claim-inference-jobs.ts';
import { claimSandboxJobs } from './claim-sandbox-jobs.ts';
import { completeJobs } from './complete-jobs.ts';
import { deactivateNode } from './deactivate-node.ts';
import { noteWaiting } from './note-waiting.ts';
import { readDispatchNodes } from './read-dispatch-nodes.ts';
import { requeueJob } from './requeue-job.ts';
import { abandonLeases, canceledAmong, expiredLeases } from './running-jobs.ts';

/** The queue of jobs in PostgreSQL. */
export function postgresJobQueue(db: Kysely<Database>, vault: NodeTokenVault): JobQueue {
  return {
    claimSandboxJobs: (extraRunning) => claimSandboxJobs(db, vault, extraRunning),
    noteWaiting: () => noteWaiting(db, vault),
    claimInferenceJobs: () => claimInferenceJobs(db),
    complete: (jobs) => completeJobs(db, jobs),
    requeue: (lease, back) => requeueJob(db, lease, back),
    canceledAmong: (jobIds) => canceledAmong(db, jobIds),
    expiredLeases: (exceptJobIds) => expiredLeases(db, exceptJobIds),
    abandon: (leases) => abandonLeases(db, leases),
    nodeFacts: async () => (await readDispatchNodes(db, vault)).map((node) => node.facts),
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
