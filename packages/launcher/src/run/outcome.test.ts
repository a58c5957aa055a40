import type { TaskResult } from '@cynodeai/contracts/gateway';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from './outcome.ts';

const id = '01890000-0000-7000-8000-000000000000';
const at = '2026-11-20T10:00:00.000Z';
const cut = { stdout: false, stderr: false };

function result(parts: Partial<TaskResult>, job?: Record<string, unknown>): TaskResult {
  return {
    task_id: id,
    task_name: 'task-1',
    status: 'completed',
    jobs: job
      ? [
          {
            id,
            status: 'completed',
            result: {
              version: 1,
              task_id: id,
              job_id: id,
              status: 'completed',
              stdout: '',
              stderr: '',
              started_at: at,
              ended_at: at,
              truncated: cut,
              ...job,
            } as never,
          },
        ]
      : [],
    ...parts,
  };
}

describe('the outcome of a task', () => {
  it("is the job's own exit code and streams", () => {
    const outcome = outcomeOf(
      result({ status: 'failed', exit_code: 7, stdout: 'o', stderr: 'e' }, { exit_code: 7 }),
    );
    expect(outcome).toMatchObject({ kind: 'finished', exitCode: 7, stdout: 'o', stderr: 'e' });
    expect(outcome.message).toBeUndefined();
  });

  it.each([124, 125, 130])('is %i when the job itself ended so, told apart by its kind', (code) => {
    const outcome = outcomeOf(result({ exit_code: code }, { exit_code: code }));
    expect(outcome).toMatchObject({ kind: 'finished', exitCode: code });
  });

  it('is 124 for a timeout, with the output so far', () => {
    const outcome = outcomeOf(
      result({ status: 'failed', stdout: 'half' }, { status: 'timeout', exit_code: 137 }),
    );
    expect(outcome).toMatchObject({ kind: 'timeout', exitCode: 124, stdout: 'half' });
  });

  it('is 125 when the job did not run, and says why once', () => {
    const outcome = outcomeOf(
      result(
        { status: 'failed', stderr: 'no model is configured' },
        { status: 'failed', error_type: 'no_model', error_message: 'no model is configured' },
      ),
    );
    expect(outcome).toMatchObject({
      kind: 'fault',
      exitCode: 125,
      message: 'no model is configured',
      stderr: '',
    });
  });

  it('is 125 when a task ended without any job', () => {
    expect(outcomeOf(result({ status: 'failed', summary: 'nobody took it' }))).toMatchObject({
      kind: 'fault',
      exitCode: 125,
      message: 'nobody took it',
    });
  });

  it('is 130 for a cancelled task, whatever its job had said', () => {
    expect(outcomeOf(result({ status: 'canceled', exit_code: 0 }, { exit_code: 0 }))).toMatchObject(
      {
        kind: 'interrupted',
        exitCode: 130,
      },
    );
  });

  it('is 130 for one whose place another took', () => {
    expect(outcomeOf(result({ status: 'superseded' }))).toMatchObject({
      kind: 'interrupted',
      exitCode: 130,
      message: 'another task took the place of this one',
    });
  });

  it('never is a success where the task failed, whatever its job had said', () => {
    const failed = result({ status: 'failed', exit_code: 0 }, { exit_code: 0 });
    expect(outcomeOf(failed).exitCode).toBe(1);
  });

  it('is a failure when the exit code does not fit into a byte', () => {
    expect(outcomeOf(result({ exit_code: 256 }, { exit_code: 256 })).exitCode).toBe(1);
  });

  it('tells which stream was cut off', () => {
    const truncated = { stdout: true, stderr: false };
    expect(outcomeOf(result({ exit_code: 0 }, { truncated })).truncated).toEqual(truncated);
  });

  it.each([
    ['cynode-demo', 'cynode-demo:latest', true],
    ['cynode-demo:latest', 'cynode-demo:latest', true],
    ['qwen3.5:0.8b', 'qwen3.5:0.8b', false],
  ])('names the model %s that answered a prompt', (named, model, demo) => {
    const parts = { exit_code: 0, stdout: 'an answer' };
    const outcome = outcomeOf(result(parts, { exit_code: 0, inference: { model: named } }));
    expect(outcome).toMatchObject({ kind: 'finished', model, demo });
  });

  it('names no model where none was asked', () => {
    const outcome = outcomeOf(result({ exit_code: 0 }, { exit_code: 0, inference: 'odd' }));
    expect(outcome).not.toHaveProperty('model');
    expect(outcome).not.toHaveProperty('demo');
  });
});
