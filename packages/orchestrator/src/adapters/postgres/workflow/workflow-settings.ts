import {
  type WorkflowSettings,
  workflowSettingKeys,
  workflowSettings,
} from '../../../domain/workflow/workflow-settings.ts';
import type { Executor } from '../database.ts';
import { readSettings } from '../settings/read-settings.ts';

/** What is stored of workflows. */
export async function readWorkflowSettings(db: Executor): Promise<WorkflowSettings> {
  return workflowSettings(await readSettings(db, Object.values(workflowSettingKeys)));
}
