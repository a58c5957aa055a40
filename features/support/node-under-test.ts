import { type MockOrchestrator, testPsk } from '@cynodeai/testing/doubles';
import { Child, reservePort } from '@cynodeai/testing/harness';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './orchestrator.ts';
import { runToEnd } from './run-to-end.ts';

/** A node process with an engine storage of its own, registered at a mock orchestrator. */
export class NodeUnderTest {
  readonly slug = 'bdd-node';
  readonly stateDir = mkdtempSync(join(tmpdir(), 'cyn-node-'));
  readonly runDir = mkdtempSync(join(tmpdir(), 'cyn-r-'));
  readonly orchestrator: MockOrchestrator;
  url = '';
  #child: Child | undefined;

  constructor(orchestrator: MockOrchestrator) {
    this.orchestrator = orchestrator;
  }

  get log(): string {
    return `${this.#child?.stdout ?? ''}${this.#child?.stderr ?? ''}`;
  }

  /** Exit code once the process has ended. */
  get ended(): Promise<number> {
    return this.#child?.ended ?? Promise.resolve(-1);
  }

  /** Puts an image from a tar file into the node's own engine storage. */
  async importImage(tar: string, reference: string): Promise<void> {
    await this.engine('import-image', tar, reference, '--workdir', '/workspace');
  }

  /** Runs the node's engine command and returns what it printed. */
  engine(...args: readonly string[]): Promise<string> {
    return runToEnd(
      process.execPath,
      ['packages/worker/src/processes/engine.ts', ...args],
      this.#env(),
    );
  }

  async start(): Promise<void> {
    const port = await reservePort();
    this.url = `http://127.0.0.1:${port}`;
    this.orchestrator.slug = this.slug;
    this.orchestrator.workerUrl = this.url;
    const args = ['packages/worker/src/processes/node.ts', '--no-config'];
    this.#child = new Child(process.execPath, args, {
      cwd: root,
      env: {
        ...this.#env(),
        ORCHESTRATOR_URL: this.orchestrator.url,
        NODE_SLUG: this.slug,
        NODE_REGISTRATION_PSK: testPsk,
        LISTEN_ADDR: `127.0.0.1:${port}`,
        NODE_ADVERTISED_WORKER_API_URL: this.url,
      },
    });
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
    await this.engine('reset');
    rmSync(this.stateDir, { recursive: true, force: true });
    rmSync(this.runDir, { recursive: true, force: true });
  }

  #env(): Record<string, string> {
    return {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: this.stateDir,
      CYNODE_STATE_DIR: this.stateDir,
      CYNODE_RUN_DIR: this.runDir,
    };
  }
}
