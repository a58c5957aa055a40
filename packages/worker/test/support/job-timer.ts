/**
 * Times jobs on an engine of its own: `job-timer.ts podman|docker` prints `ready`, then answers each line of its
 * input, `plain` or `inference`, with the milliseconds a job `true` of that kind took. Removes the engine at the end.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { AnsweringServer } from '@cynodeai/testing/harness';
import { jobRequest } from './job-request.ts';
import { openDockerTestEngine, openTestEngine } from './test-engine.ts';

const test = await (process.argv[2] === 'docker' ? openDockerTestEngine() : openTestEngine());
try {
  await using upstream = await AnsweringServer.start((_request, response) =>
    response.end('a model'),
  );
  const service = { upstream: () => upstream.url };
  const node = await test.node('node-t', {}, undefined, service);
  process.stdout.write('ready\n');
  for await (const kind of createInterface({ input: process.stdin })) {
    const request = jobRequest(['true'], { use_inference: kind === 'inference' });
    const startedMs = performance.now();
    const { status } = await node.jobs.run(request);
    const ms = performance.now() - startedMs;
    process.stdout.write(status === 'completed' ? `${ms}\n` : `${status}\n`);
  }
} finally {
  await test.close();
}
process.exit(0);
