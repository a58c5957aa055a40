import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTaskEvents } from '../../../src/adapters/postgres/task-events.ts';
import {
  type TestControlPlane,
  testControlPlane,
} from '../../control-plane/support/control-plane.ts';
import {
  type TaskIds,
  cancelTask,
  jobIn,
  readJob,
  readTask,
} from '../../control-plane/support/tasks.ts';
import { createPrompt } from '../../prompts/support/prompts.ts';
import type { ModelServiceUnderTest } from './model-service.ts';

/** How long a small model on a slow machine may take for all of a test, ms. */
const patience = { within: 900_000 };

/** Prompts of the product at a model service: the scripted one, or a real one by `npm run try:ollama`. */
export function testPrompts(name: string, open: () => Promise<ModelServiceUnderTest>): void {
  describe(`prompts at ${name}`, () => {
    let service: ModelServiceUnderTest;
    let plane: TestControlPlane;
    beforeAll(async () => {
      service = await open();
      plane = await testControlPlane({
        env: { OLLAMA_BASE_URL: service.url, INFERENCE_MODEL: service.model },
      });
    });
    afterAll(async () => {
      await plane[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    });

    const ended = async (ids: TaskIds) => {
      await waitFor(async () => (await readTask(plane.db, ids)).closed, patience);
      return readJob(plane.db, ids);
    };

    it('are answered with text, and the events tell the same words', async () => {
      const ids = await createPrompt(plane.db, 'Say hello.');
      const job = await ended(ids);
      expect(job).toMatchObject({ status: 'completed', result: { exit_code: 0 } });
      const answer = String(job.result?.['stdout']);
      expect(answer.trim()).not.toBe('');
      const events = await readTaskEvents(plane.db, ids.taskId, 0, 10_000);
      const told = events.flatMap(({ data }) => ('text' in data ? [data.text] : [])).join('');
      expect(told).toBe(answer);
    });

    it('of 40 KB are read whole, or refused with both numbers, and never cut', async () => {
      const ids = await createPrompt(plane.db, `Which colour? ${'red green blue '.repeat(2700)}`);
      const { status, result } = await ended(ids);
      if (status === 'completed') {
        // A model that counts more than 4096 tokens was given more than a service takes by itself.
        expect(result).toMatchObject({ inference: { usage: expect.anything() } });
        expect(
          Number(
            Reflect.get(
              Object(Reflect.get(Object(result?.['inference']), 'usage')),
              'input_tokens',
            ),
          ),
        ).toBeGreaterThan(4096);
      } else {
        expect(result).toMatchObject({
          error_type: 'model_input_too_long',
          error_message: expect.stringMatching(/\d+ tokens long and .* takes \d+;/),
        });
      }
    });

    it('are all answered when five come at once', async () => {
      const all = await Promise.all(
        [1, 2, 3, 4, 5].map((number) => createPrompt(plane.db, `Say the number ${number}.`)),
      );
      for (const ids of all) expect(await ended(ids)).toMatchObject({ status: 'completed' });
    });

    it('that are canceled in the middle of the answer free the model at once', async () => {
      const ids = await createPrompt(plane.db, 'Tell a very long story, for ever.');
      await jobIn(plane.db, ids, 'running');
      const isTelling = async () =>
        (await readTaskEvents(plane.db, ids.taskId, 0, 100)).some(
          ({ event }) => event === 'job.log',
        );
      await waitFor(isTelling, patience);
      await cancelTask(plane.db, ids);
      const next = await createPrompt(plane.db, 'Say hello.');
      expect(await ended(next)).toMatchObject({ status: 'completed' });
      expect(await readTask(plane.db, ids)).toMatchObject({ status: 'canceled' });
    });
  });
}
