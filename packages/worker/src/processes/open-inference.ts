import type { HttpClient } from '@cynodeai/runtime/call';
import type { ProcessScope } from '@cynodeai/runtime/lifecycle';
import type { Log } from '@cynodeai/runtime/observe';
import type { Clock } from '@cynodeai/runtime/std';
import { detectGpus } from '../adapters/host/gpu.ts';
import { createOllamaBackend } from '../adapters/inference/ollama-backend.ts';
import { NodeInference } from '../app/inference/node-inference.ts';
import type { NodeSettings } from '../domain/node/settings.ts';
import type { Timer } from '../ports/timer.ts';

export interface InferenceParts {
  readonly settings: NodeSettings;
  readonly scope: ProcessScope;
  readonly log: Log;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly watchMs: number;
  /** The connections of this process; whoever made it closes it. */
  readonly client: HttpClient<'pull'>;
}

/**
 * The node's inference; it ends with the process.
 * See docs/reference/inference.md#model-service-of-a-node.
 */
export function openInference(parts: InferenceParts): NodeInference {
  const inference = new NodeInference({
    ...parts,
    gpus: () => detectGpus(),
    signal: parts.scope.signal,
    connect: (baseUrl) => createOllamaBackend({ client: parts.client, baseUrl }),
  });
  const graceMs = parts.settings.shutdownGraceMs;
  parts.scope.shutdown.add('inference container', () => inference.stop(graceMs), graceMs + 40_000);
  return inference;
}
