import type { NodePolicy } from '../domain/node/policy.ts';
import type { InferenceEngine } from './inference.ts';
import type { SandboxEngine } from './sandbox-engine.ts';
import type { WorkspaceStore } from './workspace.ts';

/** What runs containers on this host: the engine for sandboxes and for inference, and the place for job directories. */
export interface SandboxHost {
  readonly engine: SandboxEngine;
  readonly workspace: WorkspaceStore;
  readonly inference: InferenceEngine;
}

/** What the Worker API needs from a checked host and an applied configuration. */
export interface WorkerApiSettings {
  readonly host: SandboxHost;
  readonly policy: NodePolicy;
  /** Bearer token the orchestrator will present; secret. */
  readonly token: string;
}

/** The HTTP server the orchestrator calls. Contract 03 section 5. */
export interface WorkerApi {
  /** Starts answering. @throws NodeError `listen_failed` when the address is in use or cannot be bound */
  start(settings: WorkerApiSettings): Promise<void>;
}
