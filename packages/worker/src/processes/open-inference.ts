import { HttpClient } from '@cynodeai/runtime/http';
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
}

/** The node's inference with its connections; they end with the process. Contract 03 section 8. */
export function openInference(parts: InferenceParts): NodeInference {
  const http = new HttpClient(4, 2000);
  parts.scope.shutdown.add('model service connections', () => http.close());
  const inference = new NodeInference({
    ...parts,
    gpus: () => detectGpus(),
    signal: parts.scope.signal,
    connect: (baseUrl) => createOllamaBackend(http, baseUrl),
  });
  const graceMs = parts.settings.shutdownGraceMs;
  parts.scope.shutdown.add('inference container', () => inference.stop(graceMs), graceMs + 40_000);
  return inference;
}
