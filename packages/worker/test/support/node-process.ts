/**
 * A node of its own process: `node-process.ts STATE_DIR RUN_DIR SLUG TIMEOUT_SECONDS SCRIPT...` runs every
 * script as a job at the same time and prints one JSON line for each answer. Tests kill it.
 */
import process from 'node:process';
import { createLog } from '@cynodeai/runtime/observe';
import { importImage } from '../../src/adapters/container/podman/images.ts';
import { openEngine } from '../../src/adapters/container/podman/open-engine.ts';
import { openPodmanEngine } from '../../src/adapters/container/podman/podman-engine.ts';
import { jobRequest } from './job-request.ts';
import { testNode } from './test-engine.ts';
import { testImage, testImageArchive } from './test-image.ts';

const [stateDir = '', runDir = '', slug = '', timeout = '', ...scripts] = process.argv.slice(2);
const log = createLog({ service: 'test', level: 'error' });
const engine = await openPodmanEngine({ stateDir, runDir }, log);
const { usable } = await openEngine({ stateDir, runDir });
if (usable === undefined) throw new Error('the engine is not usable');
await engine.check();
await engine.ensureImage(testImage).catch(async () => {
  const archive = await testImageArchive();
  await importImage(usable.command, archive, testImage, { env: [], labels: [] });
});
const node = testNode(engine, stateDir, slug);
await node.workspace.check();
await Promise.all(
  scripts.map(async (script) => {
    const request = jobRequest(script, { timeout_seconds: Number(timeout) });
    const result = await node.jobs.run(request);
    process.stdout.write(`${JSON.stringify({ facts: engine.facts, result })}\n`);
  }),
);
