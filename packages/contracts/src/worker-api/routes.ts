import { inferenceRoutes } from './inference.ts';
import { inputFileRoutes } from './input-files.ts';
import { jobRoutes } from './jobs.ts';
import { workerMetaRoutes } from './meta.ts';
import { stopRoutes } from './stops.ts';
import { keptWorkspaceRoutes } from './workspaces.ts';

/** The Worker API. Paths hold literal colons. See docs/reference/worker-api.md#ground-rules. */
export const workerApiRoutes = {
  ...workerMetaRoutes,
  ...jobRoutes,
  ...inputFileRoutes,
  ...stopRoutes,
  ...keptWorkspaceRoutes,
  ...inferenceRoutes,
} as const;
