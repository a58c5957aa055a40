import { reservedEnvPattern } from '@cynodeai/contracts/common';
import { sandboxLayout } from './layout.ts';

export interface SandboxEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** Reserved names of the request whose values were dropped, sorted. */
  readonly dropped: readonly string[];
}

/**
 * Variables of a job, with `inference` also those of the model it can ask: those of the request without reserved names, and the node's own.
 * See docs/reference/sandbox.md#variables.
 */
export function sandboxEnvironment(
  taskId: string,
  jobId: string,
  requested: Readonly<Record<string, string>>,
  inference?: { readonly model: string | undefined },
): SandboxEnvironment {
  const names = Object.keys(requested);
  const kept = Object.entries(requested).filter(([name]) => !reservedEnvPattern.test(name));
  return {
    env: {
      // The user of a job has no home in an image.
      HOME: sandboxLayout.workspaceDir,
      ...Object.fromEntries(kept),
      CYNODE_TASK_ID: taskId,
      CYNODE_JOB_ID: jobId,
      CYNODE_WORKSPACE_DIR: sandboxLayout.workspaceDir,
      CYNODE_ARTIFACTS_DIR: sandboxLayout.artifactsDir,
      ...(inference && {
        OLLAMA_BASE_URL: sandboxLayout.modelUrl,
        ...(inference.model !== undefined && { CYNODE_MODEL: inference.model }),
      }),
    },
    dropped: names.filter((name) => reservedEnvPattern.test(name)).toSorted(),
  };
}
