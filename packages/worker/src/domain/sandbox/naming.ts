/**
 * Label that says which node a container belongs to; cleanup selects by it.
 * See docs/reference/sandbox.md#names-and-labels.
 */
export const nodeSlugLabel = 'io.cynodeai.node_slug';

/** Name of a job's container. See docs/reference/sandbox.md#names-and-labels. */
export function sandboxName(jobId: string): string {
  return `cynode-sandbox-${jobId}`;
}

/** Whether a container is one of a job by its name. */
export function isSandboxName(name: string): boolean {
  return name.startsWith('cynode-sandbox-');
}

/** How the names of the containers begin in which an engine is tried. */
export const checkNamePrefix = 'cynode-check-';

/** Whether a container is there for a job, the one that holds its network included, by its name. */
export function isJobContainer(name: string): boolean {
  return isSandboxName(name) || name.startsWith('cynode-inference-proxy-');
}

/** The job that a container belongs to, by its name. */
export function jobOfContainer(name: string): string {
  return name.slice(-36);
}

/**
 * Name of the container that holds the network of a job with inference.
 * See docs/reference/sandbox.md#names-and-labels.
 */
export function networkHolderName(jobId: string): string {
  return `cynode-inference-proxy-${jobId}`;
}

/** Labels of a container of a job. See docs/reference/sandbox.md#names-and-labels. */
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
