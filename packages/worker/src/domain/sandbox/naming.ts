/** Label that says which node a container belongs to; cleanup selects by it. Contract 03 section 6.5. */
export const nodeSlugLabel = 'io.cynodeai.node_slug';

/** Name of a job's container. Contract 03 section 6.5. */
export function sandboxName(jobId: string): string {
  return `cynode-sandbox-${jobId}`;
}

/** Labels of a job's container. Contract 03 section 6.5. */
export function sandboxLabels(
  nodeSlug: string,
  taskId: string,
  jobId: string,
): Readonly<Record<string, string>> {
  return {
    [nodeSlugLabel]: nodeSlug,
    'io.cynodeai.kind': 'sandbox',
    'io.cynodeai.task_id': taskId,
    'io.cynodeai.job_id': jobId,
  };
}
