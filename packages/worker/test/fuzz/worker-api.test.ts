import { packTree } from '@cynodeai/runtime/archive';
import { buffer } from 'node:stream/consumers';
import { testPsk, testToken } from '@cynodeai/testing/doubles';
import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import type { Route } from '@cynodeai/contracts/common';
import { uuidv7 } from '@cynodeai/runtime/std';
import {
  type ScriptedModel,
  type TemporaryDirectory,
  startScriptedModel,
  temporaryDirectory,
} from '@cynodeai/testing';
import { type FuzzTarget, fuzzRun } from '@cynodeai/testing/fuzz';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestNode } from '../node/support/test-node.ts';

let node: TestNode;
let target: FuzzTarget;
let model: ScriptedModel;
const knownFolder = `sha256:${'b'.repeat(64)}`;
let folder: TemporaryDirectory;

beforeAll(async () => {
  node = await TestNode.create();
  model = await startScriptedModel();
  node.env['OLLAMA_PORT'] = String(model.port);
  await node.start();
  // A finished job whose result is kept, so that reading and acknowledging meet one.
  folder = await temporaryDirectory();
  node.host.workspace.root = folder.path;
  node.host.workspace.known.add(knownFolder);
  const finished = await node.run(['leave', 'left', 'text']);
  const ids = { task_id: finished.json['task_id'], job_id: finished.json['job_id'] } as {
    readonly task_id: string;
    readonly job_id: string;
  };
  const unknown = { version: 1, task_id: uuidv7(), job_id: uuidv7() };
  const kept = uuidv7();
  node.host.workspace.kept.add(kept);
  target = {
    name: 'worker-api',
    port: Number(new URL(node.url).port),
    routes: Object.values(workerApiRoutes),
    bearer: (route: Route) => (route.auth === 'worker' ? testToken : undefined),
    foreignTokens: ['jwt-1', testPsk],
    secrets: [testToken, testPsk],
    // Texts of a job go to its sandbox, not into a database.
    storesText: false,
    bodyLimitBytes: 10 * 1024 * 1024,
    // Two minutes: too long to wait for. The same server meets shorter limits in the other suites.
    readTimeoutMs: undefined,
    logText: () => node.log.text(),
    // Files may come before anybody knows the job.
    openParams: [
      'worker.jobs.stage-input-file',
      'worker.jobs.stage-folder',
      'worker.jobs.reuse-folder',
    ],
    samples: {
      'worker.jobs.run': [
        {
          body: {
            ...unknown,
            lease_id: uuidv7(),
            sandbox: {
              image: 'tools',
              command: ['exit', '0'],
              env: { k: 'value' },
              timeout_seconds: 5,
              network_policy: 'none',
              use_inference: false,
              input_files: [{ path: 'in/a.txt', content_base64: 'YQ==', mode: '0644' }],
            },
          },
        },
      ],
      'worker.jobs.stage-input-file': [
        { params: { job_id: uuidv7() }, query: { path: 'in/a.txt', mode: '0644' } },
      ],
      'worker.jobs.stage-folder': [
        {
          params: { job_id: uuidv7() },
          query: { folder: `sha256:${'a'.repeat(64)}` },
          content: await buffer(packTree([])),
        },
      ],
      'worker.jobs.reuse-folder': [
        { params: { job_id: uuidv7() }, query: { folder: knownFolder } },
      ],
      'worker.workspaces.remove': [{ params: { workspace_id: kept } }],
      'worker.jobs.stop': [{ body: { ...unknown, grace_seconds: 1 } }],
      'worker.models.load': [{ body: { version: 1, model_ref: 'scripted' } }],
      'worker.jobs.get': [{ params: { job_id: ids.job_id } }],
      'worker.jobs.artifacts': [{ params: { job_id: ids.job_id } }],
      'worker.jobs.output': [{ params: { job_id: ids.job_id } }],
      'worker.jobs.ack': [{ params: { job_id: ids.job_id }, body: { version: 1, ...ids } }],
    },
  };
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await model.close();
  await folder.remove();
});

it('answers bad input of every kind by its contract, and serves on (REQ-STANDS-0103, REQ-STANDS-0108, REQ-STANDS-0110)', async () => {
  const { verdict } = await fuzzRun(target);
  expect(verdict.join('\n')).toBe('');
  expect((await node.get('/healthz')).text).toBe('ok');
  expect((await node.run(['exit', '0'])).json).toMatchObject({ status: 'completed' });
  expect(node.host.workspace.present.size).toBe(0);
  expect(node.log.lines.filter((line) => line.level === 'error')).toEqual([]);
}, 240_000);
