import { canonicalModel, isCloudModel, ollamaRoutes } from '@cynodeai/contracts/model';
import { CallError, callRoute } from '@cynodeai/runtime/call';
import { isModelRef } from '../../domain/inference/models.ts';
import type { BackendLook, ModelBackend } from '../../ports/inference.ts';
import { type ModelService, pullModel } from './pull-model.ts';

/** Bounds of what a service may answer: a hostile or broken one must not harm the node. */
const bounds = {
  lookMs: 2000,
  versionBytes: 64 * 1024,
  tagsMs: 10_000,
  tagsBytes: 16 * 1024 * 1024,
  models: 1000,
} as const;

async function look(service: ModelService, signal: AbortSignal): Promise<BackendLook> {
  const limits = { timeoutMs: bounds.lookMs, maxBytes: bounds.versionBytes };
  try {
    await callRoute(ollamaRoutes.version, {}, { ...service, ...limits, signal });
    return 'answers';
  } catch (error) {
    return error instanceof CallError && error.code === 'late' ? 'slow' : 'absent';
  }
}

async function asksCloud(service: ModelService, signal: AbortSignal): Promise<boolean | undefined> {
  const limits = { timeoutMs: bounds.lookMs, maxBytes: bounds.versionBytes };
  try {
    const { body } = await callRoute(ollamaRoutes.status, {}, { ...service, ...limits, signal });
    return body.cloud?.disabled === undefined ? undefined : !body.cloud.disabled;
  } catch {
    // An older service has no such path, and no cloud.
    return undefined;
  }
}

async function models(service: ModelService, signal: AbortSignal): Promise<readonly string[]> {
  const limits = { timeoutMs: bounds.tagsMs, maxBytes: bounds.tagsBytes };
  const called = callRoute(ollamaRoutes.tags, {}, { ...service, ...limits, signal });
  const { body } = await called.catch((error: unknown) => {
    if (!(error instanceof CallError) || error.status === undefined) throw error;
    const what = `the model service answered ${error.status} without a list of models`;
    throw new Error(what, { cause: error });
  });
  const refs = (body.models ?? [])
    .filter(({ remote_host }) => !remote_host)
    .map((model) => model.name ?? model.model ?? '')
    .filter((ref) => isModelRef(ref) && !isCloudModel(ref))
    .map(canonicalModel);
  return [...new Set(refs)].toSorted().slice(0, bounds.models);
}

/** A service that speaks Ollama's API. */
export function createOllamaBackend(service: ModelService): ModelBackend {
  return {
    look: (signal) => look(service, signal),
    asksCloud: (signal) => asksCloud(service, signal),
    models: (signal) => models(service, signal),
    pull: (modelRef, onProgress, signal) => pullModel({ service, modelRef, onProgress, signal }),
  };
}
