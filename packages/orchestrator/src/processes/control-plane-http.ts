import { HttpClient } from '@cynodeai/runtime/call';
import { promptLanes } from '../adapters/models/ollama-client.ts';
import { modelLanes } from '../adapters/nodes/model-worker-client.ts';
import { workerLanes } from '../adapters/nodes/worker-client.ts';
import { runnerLanes } from '../adapters/workflow/runner-client.ts';

const lanes = { ...workerLanes, ...modelLanes, ...promptLanes, ...runnerLanes } as const;

/** Kept connections of the control plane to nodes and model services. */
export type ControlPlaneHttp = HttpClient<keyof typeof lanes>;

/**
 * The one client of the process; whoever opens it closes it. Its lanes are pools apart, so that a question, a stop or
 * a prompt never waits until one of a thousand jobs gives up its connection.
 */
export function openControlPlaneHttp(): ControlPlaneHttp {
  return new HttpClient({ lanes });
}
