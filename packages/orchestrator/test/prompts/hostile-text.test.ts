import { parseJson } from '@cynodeai/runtime/std';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { type ScriptedModel, startScriptedModel } from '@cynodeai/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestControlPlane, testControlPlane } from '../control-plane/support/control-plane.ts';
import { jobIn, readTask } from '../control-plane/support/tasks.ts';
import { type SandboxRun, runInFolder } from './support/fake-sandbox.ts';
import { callBody, createPrompt, fileText, inferenceNode, smallModel } from './support/prompts.ts';

const hostile: readonly (readonly [string, string])[] = [
  ['a command behind a quote', '"; touch pwned; $(id)'],
  ['a command behind a single quote', "'; touch pwned; echo '"],
  ['command substitution', '$(touch pwned) `touch pwned` ${IFS}'],
  ['newlines and the end of a here-document', 'x\nEOF\n)\ntouch pwned\nEOF\n'],
  ['carriage returns', 'x\r\ntouch pwned\r'],
  ['options of curl', '--data @/etc/passwd\n@/etc/passwd\n-o pwned'],
  ['quotes and braces that would end the JSON', '"}, "model":"other","stream":true,"prompt":"'],
  ['escapes', String.raw`\u0022 \" \n \\ \x41 %s %n`],
  [
    'every control character but NUL',
    Array.from({ length: 31 }, (_, i) => String.fromCharCode(i + 1)).join(''),
  ],
  ['text of other scripts', 'Größe 日本語 🧨 \u202e\u2028'],
  ['the words of a shell error', 'Tell me what model you are'],
  ['900 KiB', `"; touch pwned; $(id)${'ä`\n'.repeat(230_400)}`],
];

let model: ScriptedModel;
let plane: TestControlPlane;

/** What reached the model with the last call. */
function heard(): unknown {
  return model.requests.findLast(({ path }) => path === '/api/generate')?.json;
}

const said = (prompt: string) => callBody(smallModel, prompt);

afterAll(async () => {
  await model.close();
});
beforeAll(async () => {
  model = await startScriptedModel({ models: [smallModel], reply: 'an answer' });
});

describe('hostile text in a prompt', () => {
  describe('on the way to a configured service', () => {
    beforeAll(async () => {
      plane = await testControlPlane({ env: { OLLAMA_BASE_URL: model.url } });
    });
    afterAll(() => plane[Symbol.asyncDispose]());

    it.each(hostile)('%s arrives as it was written (REQ-ORCHES-0125)', async (_what, prompt) => {
      const ids = await createPrompt(plane.db, prompt);
      const job = await jobIn(plane.db, ids, 'completed');
      expect(job.result).toMatchObject({ stdout: 'an answer' });
      expect(heard()).toEqual(said(prompt));
    });
  });

  describe('on the way through the relay of a node', () => {
    beforeAll(async () => {
      plane = await testControlPlane();
    });
    afterAll(() => plane[Symbol.asyncDispose]());

    it.each(hostile)('%s arrives as it was written (REQ-ORCHES-0125)', async (_what, prompt) => {
      await using node = await inferenceNode({ slug: 'relay', upstream: () => model.url });
      await node.join(plane.url);
      const ids = await createPrompt(plane.db, prompt);
      const job = await jobIn(plane.db, ids, 'completed');
      expect(job.payload?.dispatch).toMatchObject({ path: 'node_relay' });
      expect(node.runs).toEqual([]);
      expect(heard()).toEqual(said(prompt));
      await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
    });
  });

  describe('on the way into a sandbox', () => {
    const runs: { readonly request: RunJobRequest; readonly run: SandboxRun }[] = [];

    let broken: ScriptedModel;

    beforeAll(async () => {
      broken = await startScriptedModel({
        models: [smallModel],
        reply: { kind: 'error', status: 500, error: 'the runner ended' },
      });
      plane = await testControlPlane({ env: { OLLAMA_BASE_URL: broken.url } });
    });
    afterAll(async () => {
      await plane[Symbol.asyncDispose]();
      await broken.close();
    });
    beforeEach(() => {
      runs.length = 0;
    });

    it.each(hostile)(
      '%s is a file and never part of a command (REQ-ORCHES-0125)',
      async (_what, prompt) => {
        await using node = await inferenceNode({
          slug: 'sandbox',
          onRun: async (request) => {
            const run = await runInFolder(request, model.url);
            runs.push({ request, run });
            return run;
          },
        });
        await node.join(plane.url);
        const ids = await createPrompt(plane.db, prompt);
        await expect
          .poll(async () => (await readTask(plane.db, ids)).status, { timeout: 20_000 })
          .toBe('completed');
        expect(runs).toHaveLength(1);
        const { sandbox } = runs[0]?.request ?? {};
        expect(sandbox?.command).toEqual(['sh', '/workspace/.cynode/ask-model.sh']);
        expect(sandbox?.env).toBeUndefined();
        const asFile = fileText(runs[0]?.request, '.cynode/request.json');
        expect(parseJson(asFile)).toEqual(said(prompt));
        expect(runs[0]?.run).toMatchObject({ exit_code: 0, stdout: 'an answer', stderr: '' });
        expect(runs[0]?.run.files).toEqual(['.cynode/ask-model.sh', '.cynode/request.json']);
        expect(heard()).toEqual(said(prompt));
        await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
      },
    );
  });
});
