import { ollamaTagsSchema, ollamaVersionSchema, taggedModel } from '@cynodeai/contracts/model';
import type { HttpClient } from '@cynodeai/runtime/http';
import { isModelRef } from '../../domain/inference/models.ts';
import type { BackendLook, ModelBackend } from '../../ports/inference.ts';
import { pullModel } from './pull-model.ts';

/** Bounds of what a service may answer: a hostile or broken one must not harm the node. */
const bounds = {
  lookMs: 2000,
  versionBytes: 64 * 1024,
  tagsMs: 10_000,
  tagsBytes: 16 * 1024 * 1024,
  models: 1000,
} as const;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function look(http: HttpClient, baseUrl: string, signal: AbortSignal): Promise<BackendLook> {
  try {
    const answer = await http.call({
      method: 'GET',
      url: `${baseUrl}/api/version`,
      timeoutMs: bounds.lookMs,
      maxBytes: bounds.versionBytes,
      signal,
    });
    const known = ollamaVersionSchema.safeParse(parseJson(answer.text)).success;
    return answer.status === 200 && known ? 'answers' : 'absent';
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'slow' : 'absent';
  }
}

async function models(
  http: HttpClient,
  baseUrl: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answer = await http.call({
    method: 'GET',
    url: `${baseUrl}/api/tags`,
    timeoutMs: bounds.tagsMs,
    maxBytes: bounds.tagsBytes,
    signal,
  });
  const parsed = ollamaTagsSchema.safeParse(parseJson(answer.text));
  if (answer.status !== 200 || !parsed.success) {
    throw new Error(`the model service answered ${answer.status} without a list of models`);
  }
  const refs = (parsed.data.models ?? [])
    .map((model) => model.name ?? model.model ?? '')
    .filter(isModelRef)
    .map(taggedModel);
  return [...new Set(refs)].toSorted().slice(0, bounds.models);
}

/** A service that speaks Ollama's API at `baseUrl`, which has no trailing slash. */
export function createOllamaBackend(http: HttpClient, baseUrl: string): ModelBackend {
  return {
    look: (signal) => look(http, baseUrl, signal),
    models: (signal) => models(http, baseUrl, signal),
    pull: (modelRef, onProgress, signal) => pullModel({ baseUrl, modelRef, onProgress, signal }),
  };
}
