import type { PrivateDocker } from '../../packages/worker/test/support/private-docker.ts';
import type { MixedJob } from './mixed-jobs.ts';
import type { Outcome } from '@cynodeai/testing/harness';
import { NodeWorld } from './node-world.ts';
import { OrchestratorWorld } from './orchestrator-world.ts';
import type { OwnInstall } from './own-install.ts';
import { StackWorld } from './stack-world.ts';

/** The world of every scenario; a suite uses its own part. */
export class ProductWorld extends OrchestratorWorld {
  readonly worker = new NodeWorld();
  readonly stack = new StackWorld();
  processesBefore = '';
  mixed: readonly MixedJob[] = [];
  docker: PrivateDocker | undefined;
  /** Installs of the scenario beside that of the run, and how their last commands ended. */
  readonly own: OwnInstall[] = [];
  outcomes: readonly Outcome[] = [];
  readonly #endings: (() => Promise<void>)[] = [];

  /** Does this at the end of the scenario, the last first. */
  atEnd(action: () => Promise<void>): void {
    this.#endings.push(action);
  }

  /** Undoes what the scenario has made. */
  async end(): Promise<void> {
    for (const action of this.#endings.splice(0).toReversed()) await action();
    this.stack.close();
  }
}
