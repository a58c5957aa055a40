import { type McpTool, toolCatalogue } from '@cynodeai/contracts/mcp';
import type { TestWork } from './gateway.ts';

/** Arguments with which each tool of the catalogue is well called for a piece of work. */
export function exampleArguments(
  { name }: Pick<McpTool, 'name'>,
  { userId, taskId, jobId, runId }: TestWork,
): Record<string, unknown> {
  const task = { task_id: taskId };
  const job = { ...task, job_id: jobId };
  const mine = { scope_type: 'user', scope_id: userId, key: 'output.summary_style' };
  const valued = { ...mine, value: 'concise', value_type: 'string' };
  const judged = { step_index: 0, attempt: 1, status: 'pass' };
  const lists = { findings: [], recommended_actions: [], preferences_applied: [] };
  const examples: Record<string, Record<string, unknown>> = {
    'db.task.get': task,
    'db.task.list': {},
    'db.task.create': { prompt: 'say hello again' },
    'db.task.update': { ...task, summary: 'half done' },
    'db.task.update_status': { ...task, status: 'running' },
    'db.job.get': { job_id: jobId },
    'db.job.list': task,
    'db.job.update_status': { job_id: jobId, status: 'queued' },
    'job.run': { ...task, kind: 'sandbox', command: ['true'] },
    'job.cancel': job,
    'db.verification.create': { ...task, ...judged, ...lists, job_id: jobId, run_id: runId },
    'db.verification.list': task,
    'db.preference.get': mine,
    'db.preference.list': { scope_type: 'user', scope_id: userId },
    'db.preference.effective': task,
    'db.preference.create': valued,
    'db.preference.update': valued,
    'db.preference.delete': mine,
    'db.system_setting.get': { key: 'sandbox.default_image' },
    'db.system_setting.list': {},
    'db.system_setting.create': { key: 'x.y', value: 1, value_type: 'number' },
    'db.system_setting.update': { key: 'x.y', value: 2, value_type: 'number' },
    'db.system_setting.delete': { key: 'x.y' },
    'db.project.get': { slug: 'nowhere' },
    'db.project.list': {},
    'artifact.put': { ...job, run_id: runId, path: 'a.txt', content_bytes_base64: 'eA==' },
    'artifact.get': { ...task, path: 'a.txt' },
    'artifact.list': task,
    'memory.add': { ...job, key: 'k', content: 'x' },
    'memory.list': job,
    'memory.retrieve': { ...job, key: 'k' },
    'memory.delete': { ...job, key: 'k' },
    'node.list': {},
    'node.get': { node_slug: 'nowhere' },
    'model.list': {},
    'model.get': { model_id: jobId },
    'workflow.start': task,
    'sandbox.allowed_images.list': {},
    'sandbox.allowed_images.add': { image_ref: 'bash', task_id: taskId },
    'help.get': task,
  };
  return examples[name] ?? {};
}

/** Tools that are built, whatever is only reserved. */
export const builtOfCatalogue = toolCatalogue.filter(({ work }) => work !== 'reserved');
