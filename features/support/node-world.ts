import { MockOrchestrator, testToken } from '@cynodeai/testing/doubles';
import { type Answer, send, waitFor } from '@cynodeai/testing/harness';
import type { RunJobResult } from '@cynodeai/contracts/common';
import { runJobResultSchema } from '@cynodeai/contracts/common';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { NodeUnderTest } from './node-under-test.ts';
import { sandboxImage, sandboxImageTar } from './sandbox-image.ts';
import { entriesBelow } from './entries-below.ts';

/** A ready node for all scenarios of a feature: importing the image takes longer than the scenarios. */
let shared: Promise<NodeUnderTest> | undefined;

type MockBehaviour = 'normal' | 'refuses-key' | 'foreign-config';

async function orchestratorThat(behaviour: MockBehaviour): Promise<MockOrchestrator> {
  const orchestrator = new MockOrchestrator();
  if (behaviour === 'refuses-key') orchestrator.accepts = 'another key';
  if (behaviour === 'foreign-config') {
    orchestrator.editConfig = (config) => ({ ...config, node_slug: 'somebody-else' });
  }
  await orchestrator.listen();
  return orchestrator;
}

async function startShared(): Promise<NodeUnderTest> {
  const node = new NodeUnderTest(await orchestratorThat('normal'));
  await node.importImage(await sandboxImageTar(), sandboxImage);
  await node.start();
  await waitFor(() => isReady(node), { what: `the node is ready:\n${node.log}` });
  return node;
}

async function isReady(node: NodeUnderTest): Promise<boolean> {
  const answer = await send('GET', `${node.url}/readyz`).catch(() => undefined);
  return answer?.status === 200;
}

/** What a scenario of the worker node suite works with. */
export class NodeWorld {
  jobId = '';
  answer: Answer = { status: 0, text: '', json: undefined };
  #own: NodeUnderTest | undefined;

  /** The node all job scenarios share. */
  sharedNode(): Promise<NodeUnderTest> {
    shared ??= startShared();
    return shared;
  }

  /** A node of this scenario's own, at an orchestrator that behaves as told. */
  async prepare(behaviour: MockBehaviour): Promise<NodeUnderTest> {
    this.#own = new NodeUnderTest(await orchestratorThat(behaviour));
    return this.#own;
  }

  get ownNode(): NodeUnderTest {
    if (this.#own === undefined) throw new Error('no node was prepared');
    return this.#own;
  }

  /** Runs a shell line as a job and keeps the answer. */
  async run(line: string, options: Record<string, unknown> = {}): Promise<void> {
    const node = await this.sharedNode();
    this.jobId = randomUUID();
    this.answer = await send('POST', `${node.url}/v1/worker/jobs:run`, {
      token: testToken,
      json: {
        version: 1,
        task_id: randomUUID(),
        job_id: this.jobId,
        sandbox: {
          image: sandboxImage,
          command: ['sh', '-c', line],
          network_policy: 'none',
          ...options,
        },
      },
    });
  }

  get result(): RunJobResult {
    if (this.answer.status !== 200) throw new Error(`${this.answer.status}: ${this.answer.text}`);
    return runJobResultSchema.parse(this.answer.json);
  }

  /** Everything on this host that still belongs to the job. */
  async leftovers(): Promise<string[]> {
    const node = await this.sharedNode();
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    const processes = readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .map((pid) => commandLine(pid).replaceAll('\0', ' '))
      .filter((line) => line.includes(this.jobId) || line.includes('sleep 321'));
    const directories = [join(node.stateDir, 'sandbox_mounts'), node.runDir]
      .flatMap(entriesBelow)
      .filter((path) => path.includes(this.jobId));
    return [
      ...processes,
      ...directories,
      ...mounts.split('\n').filter((line) => line.includes(this.jobId)),
    ];
  }

  async close(): Promise<void> {
    if (this.#own === undefined) return;
    await this.#own.stop();
    await this.#own.orchestrator.close();
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Stops the shared node. */
export async function stopSharedNode(): Promise<void> {
  const node = await shared;
  await node?.stop();
  await node?.orchestrator.close();
  shared = undefined;
}
