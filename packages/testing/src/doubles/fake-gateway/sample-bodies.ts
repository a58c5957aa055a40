/** Bodies for answers that a test writes itself: of one task, `say-hello`, that no state knows. */
export const taskId = '0198c0de-0000-7000-8000-000000000001';
export const jobId = '0198c0de-0000-7000-8000-000000000002';
const at = '2026-11-20T10:00:00.000Z';

export function task(status: string, extra: object = {}): object {
  return {
    id: taskId,
    task_id: taskId,
    task_name: 'say-hello',
    status,
    input_mode: 'commands',
    prompt: 'echo hello',
    attachments: [],
    created_at: at,
    updated_at: at,
    ...extra,
  };
}

export function result(status: string, extra: object = {}): object {
  return { task_id: taskId, task_name: 'say-hello', status, jobs: [], ...extra };
}

export function jobResult(stdout: string, stderr = '', extra: object = {}): object {
  return {
    version: 1,
    task_id: taskId,
    job_id: jobId,
    status: 'completed',
    exit_code: 0,
    stdout,
    stderr,
    started_at: at,
    ended_at: at,
    truncated: { stdout: false, stderr: false },
    ...extra,
  };
}

export function logs(status: string, stdout?: string, stderr?: string): object {
  return {
    task_id: taskId,
    task_name: 'say-hello',
    status,
    stream: 'all',
    ...(stdout !== undefined && { stdout }),
    ...(stderr !== undefined && { stderr }),
    truncated: { stdout: false, stderr: false },
  };
}

export const statusEvent = (status: string): object => ({ task_id: taskId, status, at });

export const logEvent = (stream: string, textPart: string): object => ({
  task_id: taskId,
  job_id: jobId,
  stream,
  text: textPart,
});
