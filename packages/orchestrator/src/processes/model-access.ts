import { inferenceRelayPrefix } from '@cynodeai/contracts/worker-api';
import { elapsedMs } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { OllamaClient } from '../adapters/models/ollama-client.ts';
import { postgresPmModelReader } from '../adapters/postgres/models/read-pm-model.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { SilentNodes } from '../app/dispatch/silent-nodes.ts';
import type { AskModelDeps } from '../app/models/ask-model.ts';
import { KnownContexts } from '../app/models/known-contexts.ts';
import { RestingServices } from '../app/models/resting-services.ts';
import type { Nodes } from '../ports/nodes.ts';
import type { ControlPlaneConfig } from './control-plane-config.ts';
import type { ControlPlaneHttp } from './control-plane-http.ts';

/** The way to the model, as the configuration and the nodes give it: for prompts, and for agents. */
export interface ModelAccess {
  readonly prompts: AskModelDeps;
  readonly agents: AskModelDeps;
}

/** Both ways know of each other's trouble and share no connection. */
export function openModelAccess(
  config: ControlPlaneConfig,
  {
    db,
    nodes,
    http,
  }: {
    readonly db: Kysely<Database>;
    readonly nodes: Nodes;
    readonly http: ControlPlaneHttp;
  },
): ModelAccess {
  const shared = {
    nodes,
    models: postgresPmModelReader(db),
    silent: new SilentNodes(elapsedMs),
    resting: new RestingServices(elapsedMs),
    directUrl: config.OLLAMA_BASE_URL ?? config.INFERENCE_URL,
    defaultModel: config.INFERENCE_MODEL,
    relayPath: inferenceRelayPrefix,
  };
  const accessOf = (lane: 'prompts' | 'agents'): AskModelDeps => {
    const client = new OllamaClient(http, lane);
    return { ...shared, client, contexts: new KnownContexts(client, elapsedMs) };
  };
  return { prompts: accessOf('prompts'), agents: accessOf('agents') };
}
