/** How many acknowledged jobs are remembered, so that a repeated acknowledgement is told from one of an unknown job. */
const remembered = 4096;

/** The jobs acknowledged last, by id and task. */
export class AckedJobs {
  readonly #tasks = new Map<string, string>();

  add(jobId: string, taskId: string): void {
    this.#tasks.delete(jobId);
    this.#tasks.set(jobId, taskId);
    if (this.#tasks.size <= remembered) return;
    const [oldest] = this.#tasks.keys();
    if (oldest !== undefined) this.#tasks.delete(oldest);
  }

  has(jobId: string, taskId: string): boolean {
    return this.#tasks.get(jobId) === taskId;
  }
}
