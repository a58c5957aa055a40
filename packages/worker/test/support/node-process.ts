/**
 * A node of its own process: `node-process.ts podman|docker STATE_DIR RUN_DIR|DOCKER_HOST SLUG TIMEOUT_SECONDS SCRIPT...` runs every
 * script as a job at the same time and prints one JSON line for each answer. A script that begins with `inference: ` may
 * ask a model. Tests kill it.
 */
import { dirname } from 'node:path';
import process from 'node:process';
import { createLog } from '@cynodeai/runtime/observe';
import { AnsweringServer } from '@cynodeai/testing/harness';
import { openDockerEngine } from '../../src/adapters/container/docker/docker-engine.ts';
import { importImage } from '../../src/adapters/container/podman/images.ts';
import { openEngine } from '../../src/adapters/container/podman/open-engine.ts';
import { openPodmanEngine } from '../../src/adapters/container/podman/podman-engine.ts';
import type { SandboxEngine } from '../../src/ports/sandbox-engine.ts';
import { jobRequest } from './job-request.ts';
import { testCeiling, testNode } from './test-engine.ts';
import { testImage, testImageArchive } from './test-image.ts';

const [kind = '', stateDir = '', place = '', slug = '', timeout = '', ...scripts] =
  process.argv.slice(2);
/** Begins a script that is to reach a model. */
const withInference = /^inference: /;
const log = createLog({ service: 'test', level: 'error' });

async function openPodman(): Promise<SandboxEngine> {
  const source = { stateDir, runDir: place, ceiling: testCeiling };
  const engine = await openPodmanEngine(source, log);
  const { usable } = await openEngine(source);
  if (usable === undefined) throw new Error('the engine is not usable');
  await engine.check();
  await engine.ensureImage(testImage).catch(async () => {
    const archive = await testImageArchive();
    await importImage(usable.command, archive, testImage, { env: [], labels: [] });
  });
  return engine;
}

const engine = await (kind === 'docker'
  ? openDockerEngine(
      { stateDir, runDir: dirname(stateDir), dockerHost: place, ceiling: testCeiling },
      log,
    )
  : openPodman());
await using upstream = await AnsweringServer.start((_request, response) => response.end('a model'));
const node = testNode(engine, stateDir, slug, {}, log, { upstream: () => upstream.url });
await node.workspace.check();
await Promise.all(
  scripts.map(async (script) => {
    const request = jobRequest(script.replace(withInference, ''), {
      timeout_seconds: Number(timeout),
      use_inference: withInference.test(script),
    });
    const result = await node.jobs.run(request);
    process.stdout.write(`${JSON.stringify({ facts: engine.facts, result })}\n`);
  }),
);
