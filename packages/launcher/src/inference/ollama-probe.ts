import type { FoundOllama } from '../domain/inference.ts';
import { ollamaTagsSchema, ollamaVersionSchema } from '@cynodeai/contracts/model';

/**
 * How long it may take to say that it is there, ms.
 * See docs/reference/inference.md#model-service-of-a-node.
 */
const probeMs = 2000;
const registryUrl = 'https://registry.ollama.ai/v2/';

async function getJson(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(probeMs), redirect: 'error' });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.json();
}

/** Asks an address whether an Ollama is there, and which models it holds; undefined when none answers. */
export async function probeOllama(url: string): Promise<FoundOllama | undefined> {
  try {
    const { version } = ollamaVersionSchema.parse(await getJson(`${url}/api/version`));
    const tags = ollamaTagsSchema.parse(await getJson(`${url}/api/tags`));
    const models = (tags.models ?? []).flatMap((model) => model.model ?? model.name ?? []);
    return { url, version, models };
  } catch {
    return undefined;
  }
}

/** True when the registry models are pulled from can be reached, so that an Ollama without models can get one. */
export async function canPullModels(url: string = registryUrl): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(probeMs) });
    return true;
  } catch {
    return false;
  }
}
