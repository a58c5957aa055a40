import { uuidv7 } from '@cynodeai/runtime/std';
import { testPsk, testToken, type MockOrchestrator } from '@cynodeai/testing/doubles';
import { reservePort, waitToPass } from '@cynodeai/testing';
import { Child, type Exit } from '@cynodeai/testing/harness';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeControlGroup } from '../../../src/adapters/container/shared/control-group.ts';
import { resetEngine } from './reset-engine.ts';

const entry = join(import.meta.dirname, '../../../src/processes/node.ts');

/** Folders of one install: several node processes may use them one after the other. */
export class NodeInstall implements AsyncDisposable {
  readonly stateDir: string;
  readonly runDir: string;

  private constructor(base: string) {
    this.stateDir = join(base, 'state');
    this.runDir = join(base, 'run');
    this.#base = base;
  }

  readonly #base: string;

  static async create(): Promise<NodeInstall> {
    return new NodeInstall(await mkdtemp(join(tmpdir(), 'cyn-')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A node of the other engine, or one that never got that far, left no storage to reset.
    if (existsSync(join(this.stateDir, 'engine'))) await resetEngine(this.stateDir, this.runDir);
    await removeControlGroup(this.stateDir);
    await rm(this.#base, { recursive: true, force: true });
  }
}

/** A node as its own process, with the host's real container engine. */
export class NodeProcess implements AsyncDisposable {
  readonly url: string;
  readonly #child: Child;

  private constructor(child: Child, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Everything the process wrote. */
  get output(): string {
    return this.#child.output;
  }

  get ended(): Promise<Exit> {
    return this.#child.exit;
  }

  static async spawn(
    install: NodeInstall,
    orchestrator: MockOrchestrator,
    more: Record<string, string> = {},
  ): Promise<NodeProcess> {
    const port = await reservePort();
    const url = `http://127.0.0.1:${port}`;
    const child = Child.ofScript(entry, ['--no-config'], {
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        ORCHESTRATOR_URL: orchestrator.url,
        NODE_SLUG: orchestrator.slug,
        NODE_REGISTRATION_PSK: testPsk,
        NODE_ADVERTISED_WORKER_API_URL: url,
        LISTEN_ADDR: `127.0.0.1:${port}`,
        CYNODE_STATE_DIR: install.stateDir,
        CYNODE_RUN_DIR: install.runDir,
        ...more,
      },
    });
    return new NodeProcess(child, url);
  }

  /** Waits until the node has acknowledged its configuration. */
  async ready(orchestrator: MockOrchestrator): Promise<void> {
    const before = orchestrator.acks.length;
    await waitToPass(
      () => {
        if (!this.#child.running) throw new Error(`the node ended: ${this.output}`);
        if (orchestrator.acks.length === before) throw new Error(`no ack yet: ${this.output}`);
      },
      { within: 60_000 },
    );
  }

  /** Has it run a job. @param sandbox more of what is asked for */
  run(
    image: string,
    command: readonly string[],
    sandbox: Readonly<Record<string, unknown>> = {},
  ): Promise<Response> {
    return fetch(`${this.url}/v1/worker/jobs:run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${testToken}` },
      body: JSON.stringify({
        version: 1,
        task_id: uuidv7(),
        job_id: uuidv7(),
        sandbox: { image, command, ...sandbox },
      }),
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL');
    await this.ended;
  }
}
