import {
  listedName,
  type OllamaTags,
  canonicalModel,
  isCloudModel,
  ollamaRoutes,
} from '@cynodeai/contracts/model';
import { CallError, callRoute } from '@cynodeai/runtime/call';
import { storableText } from '@cynodeai/runtime/std';
import { type FoundModel, isModelRef } from '../../domain/inference/models.ts';
import type { BackendLook, ModelBackend } from '../../ports/inference.ts';
import { type ModelService, pullModel } from './pull-model.ts';

/** Bounds of what a service may answer: a hostile or broken one must not harm the node. */
const bounds = {
  lookMs: 2000,
  versionBytes: 64 * 1024,
  tagsMs: 10_000,
  tagsBytes: 16 * 1024 * 1024,
  models: 1000,
  showBytes: 16 * 1024 * 1024,
  words: 16,
  wordChars: 128,
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

type Listed = NonNullable<OllamaTags['models']>[number];

function foundModel(ref: string, { size, digest, capabilities, details }: Listed): FoundModel {
  const families = [details?.family, details?.families].flat().filter((family) => family != null);
  return {
    ref: canonicalModel(ref),
    families: families.slice(0, bounds.words),
    ...(size !== undefined && Number.isSafeInteger(size) && size >= 0 && { sizeBytes: size }),
    ...(digest !== undefined && { digest: digest.slice(0, bounds.wordChars) }),
    ...(capabilities && { capabilities: wordsOf(capabilities) }),
  };
}

/** A hostile service must not fill reports with its words. */
function wordsOf(words: readonly string[]): readonly string[] {
  return words.slice(0, bounds.words).map((word) => storableText(word.slice(0, bounds.wordChars)));
}

/** What is on its disk, without entries that stand for models of somebody's cloud. */
async function inventory(
  service: ModelService,
  signal: AbortSignal,
): Promise<readonly FoundModel[]> {
  const limits = { timeoutMs: bounds.tagsMs, maxBytes: bounds.tagsBytes };
  const called = callRoute(ollamaRoutes.tags, {}, { ...service, ...limits, signal });
  const { body } = await called.catch((error: unknown) => {
    if (!(error instanceof CallError) || error.status === undefined) throw error;
    const what = `the model service answered ${error.status} without a list of models`;
    throw new Error(what, { cause: error });
  });
  const byRef = new Map<string, FoundModel>();
  for (const entry of body.models ?? []) {
    const ref = listedName(entry);
    if (entry.remote_host || !isModelRef(ref) || isCloudModel(ref)) continue;
    const found = foundModel(ref, entry);
    if (!byRef.has(found.ref)) byRef.set(found.ref, found);
  }
  return [...byRef.values()].toSorted((a, b) => (a.ref < b.ref ? -1 : 1)).slice(0, bounds.models);
}

/** Whether a service that answered this may answer otherwise later. */
const passes = (status: number): boolean => status === 429 || status >= 500;

/** @param modelRef one of the inventory: what else is asked for may be forwarded to its maker's cloud */
async function abilities(
  service: ModelService,
  modelRef: string,
  signal: AbortSignal,
): Promise<readonly string[] | 'unsaid'> {
  const limits = { timeoutMs: bounds.lookMs, maxBytes: bounds.showBytes };
  const body = { model: modelRef };
  try {
    const called = await callRoute(ollamaRoutes.show, { body }, { ...service, ...limits, signal });
    const { capabilities } = called.body;
    return capabilities === undefined ? 'unsaid' : wordsOf(capabilities);
  } catch (error) {
    const status = error instanceof CallError ? error.status : undefined;
    if (status === undefined || passes(status)) throw error;
    return 'unsaid';
  }
}

/** A service that speaks Ollama's API. */
export function createOllamaBackend(service: ModelService): ModelBackend {
  return {
    look: (signal) => look(service, signal),
    asksCloud: (signal) => asksCloud(service, signal),
    inventory: (signal) => inventory(service, signal),
    abilities: (modelRef, signal) => abilities(service, modelRef, signal),
    pull: (modelRef, onProgress, signal) => pullModel({ service, modelRef, onProgress, signal }),
  };
}
