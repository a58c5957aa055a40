import { ollamaRoutes, openAiModelsSchema } from '@cynodeai/contracts/model';
import { defineRoute } from '@cynodeai/contracts/common';
import { CallError, HttpClient, callRoute } from '@cynodeai/runtime/call';
import type { FoundOllama, ServiceLook } from '../domain/inference.ts';
import { ownModels } from './list-models.ts';

/**
 * How long it may take to say that it is there, ms.
 * See docs/reference/inference.md#model-service-of-a-node.
 */
const probeMs = 2000;
const registryUrl = 'https://registry.ollama.ai/v2/';

/** How a service shows itself that speaks the other wire only. */
const openAiModels = defineRoute({
  operation: 'openai.models',
  method: 'GET',
  path: '/v1/models',
  auth: 'none',
  summary: 'Models of a service',
  success: { 200: { kind: 'json', schema: openAiModelsSchema } },
  errors: [],
});

interface Asked {
  readonly client: HttpClient;
  readonly baseUrl: string;
  readonly timeoutMs: number;
}

async function speaksOpenAi(how: Asked): Promise<boolean> {
  try {
    await callRoute(openAiModels, {}, how);
    return true;
  } catch {
    return false;
  }
}

/** What answered instead of a model service. */
async function whatElse(error: CallError, how: Asked): Promise<string> {
  if (error.status === 401 || error.status === 403) {
    return `refuses us (status ${error.status}); no credentials can be given`;
  }
  if (await speaksOpenAi(how)) return "speaks OpenAI's protocol but not Ollama's";
  return error.code === 'refused'
    ? `answers ${error.status} where an Ollama tells its version`
    : 'is no Ollama: it answers something else';
}

async function look(how: Asked): Promise<ServiceLook> {
  try {
    const { version } = (await callRoute(ollamaRoutes.version, {}, how)).body;
    const tags = (await callRoute(ollamaRoutes.tags, {}, how)).body;
    const models = ownModels(tags).map(([name]) => name);
    return { kind: 'ollama', found: { url: how.baseUrl, version, models } };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const silent = error.code === 'unreachable' || error.code === 'late';
    if (silent) return { kind: 'silent', why: error.reason };
    return { kind: 'other', what: await whatElse(error, how) };
  }
}

/** Asks an address what is there: an Ollama with its models, nothing that answers, or something else. */
export async function lookAtService(url: string): Promise<ServiceLook> {
  const client = new HttpClient();
  try {
    return await look({ client, baseUrl: url, timeoutMs: probeMs });
  } finally {
    await client.close();
  }
}

/** The Ollama at an address; undefined when none answers. */
export async function probeOllama(url: string): Promise<FoundOllama | undefined> {
  const seen = await lookAtService(url);
  return seen.kind === 'ollama' ? seen.found : undefined;
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
