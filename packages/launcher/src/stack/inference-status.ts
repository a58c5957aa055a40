import { defaultPorts } from '@cynodeai/contracts/common';
import { type InferencePath, describePath, pullCommand } from '../domain/inference.ts';
import { lookAtService } from '../inference/ollama-probe.ts';
import type { Install } from '../install/install.ts';
import { urlOf as roleUrlOf } from '../roles/decisions.ts';

/** Where prompts of a running stack get their answers, and what is there right now. */
export interface InferenceStatus {
  readonly path: InferencePath;
  /** The model service answers; undefined when there is none. */
  readonly answers?: boolean;
  /** Why not, or what answers in its place. */
  readonly fault?: string;
  /** Models on its disk. */
  readonly models: readonly string[];
}

/** Base URL of the model service of an install; undefined when it has none. */
export function serviceUrlOf(
  path: InferencePath,
  install: Pick<Install, 'ports'>,
): string | undefined {
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
  const url = serviceUrlOf(path, install);
  if (url === undefined) return { path, models: [] };
  const look = await lookAtService(url);
  if (look.kind === 'ollama') return { path, answers: true, models: look.found.models };
  const fault = look.kind === 'silent' ? `does not answer (${look.why})` : look.what;
  return { path, answers: false, fault, models: [] };
}

/** In one line, for people. */
export function inferenceText({ path, answers, fault, models }: InferenceStatus): string {
  const what = describePath(path);
  if (path.kind === 'none') return `${what}; switch it on with --inference auto`;
  if (!answers) return `${what}, which ${fault ?? 'does not answer'}; used by itself once it does`;
  if (models.length > 0) return `${what}; models: ${models.join(', ')}`;
  return `${what}; models: none; get one with: ${pullCommand}`;
}
