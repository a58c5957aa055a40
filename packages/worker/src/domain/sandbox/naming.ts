/** Label that says which node a container belongs to; cleanup selects by it. Contract 03 section 6.5. */
export const nodeSlugLabel = 'io.cynodeai.node_slug';

/** Name of a job's container. Contract 03 section 6.5. */
export function sandboxName(jobId: string): string {
  return `cynode-sandbox-${jobId}`;
}

/** Name of the container that holds the network of a job with inference. Contract 03 section 6.5. */
export function networkHolderName(jobId: string): string {
  return `cynode-inference-proxy-${jobId}`;
}

/** Labels of a container of a job. Contract 03 section 6.5. */
export function sandboxLabels(
  nodeSlug: string,
  taskId: string,
  jobId: string,
  kind: 'sandbox' | 'inference-proxy' = 'sandbox',
): Readonly<Record<string, string>> {
  return {
    [nodeSlugLabel]: nodeSlug,
    'io.cynodeai.kind': kind,
    'io.cynodeai.task_id': taskId,
    'io.cynodeai.job_id': jobId,
  };
}
