import type { MixedJob } from './mixed-jobs.ts';
import { NodeWorld } from './node-world.ts';
import { OrchestratorWorld } from './orchestrator-world.ts';
import { StackWorld } from './stack-world.ts';

/** The world of every scenario; a suite uses its own part. */
export class ProductWorld extends OrchestratorWorld {
  readonly worker = new NodeWorld();
  readonly stack = new StackWorld();
  processesBefore = '';
  mixed: readonly MixedJob[] = [];
}
