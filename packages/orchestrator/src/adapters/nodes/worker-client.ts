import { type StopJobRequest, stopJobResponseSchema, workerApiRoutes } from '@cynodeai/contracts';
import { HttpClient } from '@cynodeai/runtime/http';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { NodeConnection } from '../../ports/dispatch.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import { answerOfFault, answerOfHttp } from './worker-answer.ts';

export interface WorkerClientOptions {
  readonly log: Log;
  /** Longest wait for an answer to a stop request, ms; 5 s unless told. */
  readonly stopTimeoutMs?: number;
}

/** Each running job holds a connection for its whole life, so this bounds the jobs of one node. */
const jobConnections = 1024;
/** Two streams of 256 KiB, six bytes per character at worst in JSON, and room for later fields. */
const maxAnswerBytes = 16 * 1024 * 1024;

function authorization(node: NodeConnection): Record<string, string> {
  return { authorization: `Bearer ${node.token}` };
}

/** Worker API over keep-alive HTTP. Stop requests have connections of their own: they must not queue behind jobs. */
export class WorkerClient implements WorkerApi {
  readonly #jobs = new HttpClient(jobConnections);
  readonly #control = new HttpClient(8);
  readonly #options: WorkerClientOptions;

  constructor(options: WorkerClientOptions) {
    this.#options = options;
  }

  async runJob(
    ...[node, request, options]: Parameters<WorkerApi['runJob']>
  ): ReturnType<WorkerApi['runJob']> {
    try {
      return answerOfHttp(
        await this.#jobs.call({
          method: workerApiRoutes.runJob.method,
          url: `${node.url}${workerApiRoutes.runJob.path}`,
          headers: authorization(node),
          json: request,
          timeoutMs: options.deadlineMs,
          signal: options.signal,
          maxBytes: maxAnswerBytes,
        }),
      );
    } catch (error) {
      return answerOfFault(error);
    }
  }

  async stopJob(
    ...[node, job]: Parameters<WorkerApi['stopJob']>
  ): ReturnType<WorkerApi['stopJob']> {
    const body: StopJobRequest = {
      version: 1,
      task_id: job.taskId,
      job_id: job.jobId,
      grace_seconds: job.graceSeconds,
    };
    try {
      const answer = await this.#control.call({
        method: workerApiRoutes.stopJob.method,
        url: `${node.url}${workerApiRoutes.stopJob.path}`,
        headers: authorization(node),
        json: body,
        timeoutMs: this.#options.stopTimeoutMs ?? 5000,
      });
      const parsed = stopJobResponseSchema.safeParse(JSON.parse(answer.text));
      return parsed.success ? parsed.data.status : 'failed';
    } catch (error) {
      this.#options.log.warn('a node could not be asked to stop a job', {
        node_slug: node.slug,
        error: messageOf(error),
      });
      return 'failed';
    }
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    await Promise.all([this.#jobs.close(), this.#control.close()]);
  }
}
