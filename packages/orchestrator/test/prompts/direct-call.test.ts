import { type ScriptedModel, startScriptedModel } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTaskEvents } from '../../src/adapters/postgres/task-events.ts';
import { type TestControlPlane, testControlPlane } from '../control-plane/support/control-plane.ts';
import { jobIn, readTask } from '../control-plane/support/tasks.ts';
import { callBody, callsOf, createPrompt } from './support/prompts.ts';

let model: ScriptedModel;
let plane: TestControlPlane;

beforeAll(async () => {
  model = await startScriptedModel({ models: ['small:1b'] });
  plane = await testControlPlane({
    env: { OLLAMA_BASE_URL: `${model.url}/`, INFERENCE_MODEL: 'small:1b' },
  });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await model.close();
});

describe('a prompt with a configured model service', () => {
  it('is answered by it, and the answer is the text alone (REQ-ORCHES-0118, 0123, 0125)', async () => {
    model.setScript({ reply: 'I am scripted.\n391 ✓' });
    const ids = await createPrompt(plane.db, 'Which model are you?');
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job.node_id).toBeNull();
    expect(job.result).toMatchObject({
      version: 1,
      task_id: ids.taskId,
      job_id: ids.jobId,
      status: 'completed',
      exit_code: 0,
      stdout: 'I am scripted.\n391 ✓',
      stderr: '',
      truncated: { stdout: false, stderr: false },
      inference: { model: 'small:1b', finish_reason: 'stop' },
    });
    expect(job.payload?.dispatch).toEqual({
      path: 'direct_url',
      reasons: ['configured_url', 'default_model'],
    });
    expect(await readTask(plane.db, ids)).toMatchObject({
      status: 'completed',
      closed: true,
      summary: 'I am scripted.\n391 ✓',
    });
    expect(callsOf(model).at(-1)?.json).toEqual(callBody('small:1b', 'Which model are you?'));
    const events = await readTaskEvents(plane.db, ids.taskId, 0, 100);
    expect(
      events.map(({ event, data }) => [
        event,
        'text' in data ? data.text : Reflect.get(data, 'status'),
      ]),
    ).toEqual([
      ['task.status', 'running'],
      ['job.status', 'running'],
      ['job.log', 'I am scripted.\n391 ✓'],
      ['job.status', 'completed'],
      ['task.status', 'completed'],
    ]);
  });
});
