import type { Transaction } from 'kysely';
import type { ToolEffects } from '../../../ports/tool-effects.ts';
import { postgresPreferenceTransaction } from '../preferences/preference-transaction.ts';
import { postgresProjectStore } from '../projects/project-store.ts';
import { postgresSecretReader } from '../secrets/secret-store.ts';
import { settingTransactionOf } from '../settings/transact-settings.ts';
import type { Database } from '../tables.ts';
import { createTask } from '../tasks/create-task.ts';
import { taskStatus } from '../tasks/find-task.ts';
import { taskTransactionOf } from '../tasks/transact-tasks.ts';
import { postgresAgentImageWriter } from './agent-images.ts';
import { postgresAgentJobWriter } from './agent-jobs.ts';
import { postgresAgentTaskWriter } from './agent-tasks.ts';
import { postgresArtifactWriter } from './agent-artifacts.ts';
import { postgresMemoryWriter } from './memories.ts';
import { postgresVerificationWriter } from './verifications.ts';
import { postgresWorkspaceReader } from '../workspaces/workspace-store.ts';

/** What tools may change, all in one transaction; what runs in a transaction of its own elsewhere runs in this one. */
export function postgresToolEffects(trx: Transaction<Database>): ToolEffects {
  return {
    tasks: postgresAgentTaskWriter(trx),
    creation: {
      create: (creation) => createTask(trx, creation),
      transact: (work) => work(taskTransactionOf(trx)),
      projects: postgresProjectStore(trx),
      secrets: postgresSecretReader(trx),
      workspaces: postgresWorkspaceReader(trx),
      tasks: { status: (taskId) => taskStatus(trx, taskId) },
    },
    jobs: postgresAgentJobWriter(trx),
    verifications: postgresVerificationWriter(trx),
    preferences: postgresPreferenceTransaction(trx),
    settings: (work) => work(settingTransactionOf(trx)),
    artifacts: postgresArtifactWriter(trx),
    memories: postgresMemoryWriter(trx),
    images: postgresAgentImageWriter(trx),
  };
}
