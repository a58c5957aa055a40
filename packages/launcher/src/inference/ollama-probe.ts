import type { FoundOllama } from '../domain/inference.ts';
import { isCloudModel, ollamaRoutes } from '@cynodeai/contracts/model';
import { HttpClient, callRoute } from '@cynodeai/runtime/call';

/**
 * How long it may take to say that it is there, ms.
 * See docs/reference/inference.md#model-service-of-a-node.
 */
const probeMs = 2000;
const registryUrl = 'https://registry.ollama.ai/v2/';

/** Asks an address whether an Ollama is there, and which models it holds; undefined when none answers. */
export async function probeOllama(url: string): Promise<FoundOllama | undefined> {
  const client = new HttpClient();
  const how = { client, baseUrl: url, timeoutMs: probeMs };
  try {
    const { version } = (await callRoute(ollamaRoutes.version, {}, how)).body;
    const tags = (await callRoute(ollamaRoutes.tags, {}, how)).body;
    // What its maker's cloud computes is no model of this machine.
    const models = (tags.models ?? [])
      .filter(({ remote_host }) => !remote_host)
      .flatMap((model) => model.model ?? model.name ?? [])
      .filter((name) => !isCloudModel(name));
    return { url, version, models };
  } catch {
    return undefined;
  } finally {
    await client.close();
  }
}

/** Whether an Ollama has some models computed by the cloud of its maker; undefined when it does not say. */
export async function asksCloud(url: string): Promise<boolean | undefined> {
  const client = new HttpClient();
  const how = { client, baseUrl: url, timeoutMs: probeMs };
  try {
    const { cloud } = (await callRoute(ollamaRoutes.status, {}, how)).body;
    return cloud?.disabled === undefined ? undefined : !cloud.disabled;
  } catch {
    return undefined;
  } finally {
    await client.close();
  }
}

/** True when the registry models are pulled from can be reached, so that an Ollama without models can get one. */
export async function canPullModels(url: string = registryUrl): Promise<boolean> {
  const client = new HttpClient();
  try {
    const origin = new URL(url);
    const signal = AbortSignal.timeout(probeMs);
    const call = { method: 'HEAD', origin, path: origin.pathname, headers: {}, signal };
    (await client.open(call)).discard();
    return true;
  } catch {
    return false;
  } finally {
    await client.close();
  }
}
