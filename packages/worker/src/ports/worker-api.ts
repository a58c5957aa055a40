import type { InferenceEngine } from './inference.ts';
import type { SecretFiles } from './secret-files.ts';
import type { SandboxEngine } from './sandbox-engine.ts';
import type { WorkspaceStore } from './workspace.ts';

/** What runs containers on this host: the engine for sandboxes and for inference, and the place for job directories. */
export interface SandboxHost {
  readonly engine: SandboxEngine;
  readonly workspace: WorkspaceStore;
  readonly inference: InferenceEngine;
  readonly secrets: SecretFiles;
}

/** The HTTP server the orchestrator calls. See docs/reference/worker-api.md#ground-rules. */
export interface WorkerApi {
  /** Starts answering on behalf of a checked host, by the configuration in effect. @throws NodeError `listen_failed` when the address is in use or cannot be bound */
  start(host: SandboxHost): Promise<void>;
}
