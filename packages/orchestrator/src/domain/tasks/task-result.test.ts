import { describe, expect, it } from 'vitest';
import type { JobRecord, TaskRecord } from './task-record.ts';
import { taskLogsView, taskResultView } from './task-result.ts';

const uuid = '00000000-0000-7000-8000-000000000001';
const at = new Date('2026-01-01T00:00:00Z');
const task: TaskRecord = {
  id: uuid,
  createdBy: uuid,
  projectId: uuid,
  name: 't',
  status: 'failed',
  inputMode: 'script',
  prompt: 'x',
  summary: 'exit 2',
  attachments: [],
  createdAt: at,
  updatedAt: at,
};

function job(result: JobRecord['result']): JobRecord {
  return { id: uuid, status: 'failed', result, startedAt: at, endedAt: at };
}

const run = (stdout: string, more: object = {}) => ({
  version: 1,
  task_id: uuid,
  job_id: uuid,
  lease_id: uuid,
  status: 'failed',
  exit_code: 2,
  stdout,
  stderr: '',
  started_at: at.toISOString(),
  ended_at: at.toISOString(),
  truncated: { stdout: true, stderr: false },
  ...more,
});

describe('the result of a task', () => {
  it('joins streams in order, takes the last exit code and hides the lease', () => {
    const view = taskResultView(task, [job(run('a')), job(run('b', { exit_code: 5 }))]);
    expect(view).toMatchObject({ stdout: 'ab', exit_code: 5, summary: 'exit 2' });
    expect(JSON.stringify(view)).not.toContain('lease_id');
  });

  it('has no exit code when the last job has none, such as at a time limit', () => {
    const { exit_code: _code, ...timeout } = run('partial', { status: 'timeout' });
    expect(taskResultView(task, [job(run('a')), job(timeout)])).not.toHaveProperty('exit_code');
  });

  it('leaves out a stored outcome that no client could read', () => {
    expect(taskResultView(task, [job({ status: 'odd' })]).jobs[0]).not.toHaveProperty('result');
  });

  const failure = {
    status: 'failed',
    error_type: 'x',
    error_message: 'gone',
    stdout: '',
    stderr: 'gone',
  };

  it('is the answer without the error of a first attempt that was followed by another', () => {
    const answered = run('the answer', { exit_code: 0, status: 'completed' });
    expect(taskResultView(task, [job(failure), job(answered)])).toMatchObject({
      stdout: 'the answer',
      stderr: '',
      jobs: [{ result: { error_message: 'gone' } }, {}],
    });
    expect(taskResultView(task, [job(failure)])).toMatchObject({ stderr: 'gone' });
  });

  it('has the ends of cut streams, of the streams that are asked for', () => {
    const tail = {
      stdout: { omitted_bytes: 9, text: 'z' },
      stderr: { omitted_bytes: 0, text: 'y' },
    };
    const cut = job(run('a', { tail }));
    expect(taskResultView(task, [cut])).toMatchObject({ stdout: 'a', tail });
    expect(taskLogsView(task, [cut], 'all')).toMatchObject({ tail });
    const { stdout, stderr } = tail;
    expect(taskLogsView(task, [cut], 'stdout').tail).toEqual({ stdout });
    expect(taskLogsView(task, [cut], 'stderr').tail).toEqual({ stderr });
    expect(taskLogsView(task, [job(run('a'))], 'all')).not.toHaveProperty('tail');
  });

  it('has the bytes of streams that are no text, of all jobs joined', () => {
    const base64 = (...bytes: number[]): string => Buffer.from(bytes).toString('base64');
    const tail = { omitted_bytes: 9, bytes: base64(254) };
    const first = job(run('a'));
    const second = job(run('\uFFFD', { binary: { stdout: { head: base64(255), tail } } }));
    const binary = { stdout: { head: base64(97, 255), tail } };
    expect(taskResultView(task, [first, second])).toMatchObject({ stdout: 'a\uFFFD', binary });
    expect(taskLogsView(task, [first, second], 'stdout').binary).toEqual(binary);
    expect(taskLogsView(task, [first, second], 'stderr')).not.toHaveProperty('binary');
    expect(taskResultView(task, [first])).not.toHaveProperty('binary');
  });

  it('says which stream was cut', () => {
    const view = taskLogsView(task, [job(run('a')), job(failure), job(undefined)], 'all');
    expect(view).toMatchObject({
      stdout: 'a',
      stderr: 'gone',
      truncated: { stdout: true, stderr: false },
    });
  });
});
