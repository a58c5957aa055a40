import { defaultPorts } from '@cynodeai/contracts/common';
import { type InferencePath, describePath } from '../domain/inference.ts';
import { probeOllama } from '../inference/ollama-probe.ts';
import type { Install } from '../install/install.ts';
import { urlOf as roleUrlOf } from '../roles/decisions.ts';

/** Where prompts of a running stack get their answers, and what is there right now. */
export interface InferenceStatus {
  readonly path: InferencePath;
  /** The model service answers; undefined when there is none. */
  readonly answers?: boolean;
  /** Models on its disk. */
  readonly models: readonly string[];
}

function urlOf(path: InferencePath, install: Pick<Install, 'ports'>): string | undefined {
  switch (path.kind) {
    case 'none':
      return undefined;
    case 'ollama':
      return path.url;
    case 'container':
      return `http://127.0.0.1:${defaultPorts.ollama}`;
    case 'demo':
      return roleUrlOf('demoModel')(install);
  }
}

/** Asks the model service itself; how far a model is, the gateway's readiness says. */
export async function inferenceStatus(
  path: InferencePath,
  install: Pick<Install, 'ports'>,
): Promise<InferenceStatus> {
  const url = urlOf(path, install);
  if (url === undefined) return { path, models: [] };
  const found = await probeOllama(url);
  return { path, answers: found !== undefined, models: found?.models ?? [] };
}

/** In one line, for people. */
export function inferenceText({ path, answers, models }: InferenceStatus): string {
  const what = describePath(path);
  if (path.kind === 'none') return `${what}; switch it on with --inference auto`;
  if (!answers) return `${what}, which does not answer`;
  return `${what}; models: ${models.length === 0 ? 'none' : models.join(', ')}`;
}
