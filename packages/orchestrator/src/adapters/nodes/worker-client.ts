import {
  type AckJobRequest,
  type StopJobRequest,
  stopAllResponseSchema,
  stopJobResponseSchema,
  workerApiRoutes,
} from '@cynodeai/contracts/worker-api';
import { type HttpAnswer, type HttpCall, HttpClient } from '@cynodeai/runtime/http';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { NodeConnection } from '../../ports/nodes.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import {
  answerOfFault,
  answerOfHttp,
  answerOfStaging,
  observationOfFault,
  observationOfHttp,
} from './worker-answer.ts';

export interface WorkerClientOptions {
  readonly log: Log;
  /** Longest wait for an answer to a stop request or an acknowledgement, ms; 5 s unless told. */
  readonly controlTimeoutMs?: number;
}

/** Each running job holds a connection for its whole life, so this bounds the jobs of one node. */
const jobConnections = 1024;
/** Longest upload of one input file (10 MiB at most), ms: 90 kB/s. */
const uploadTimeoutMs = 120_000;
/** Two streams of 256 KiB, six bytes per character at worst in JSON, and room for later fields. */
const maxAnswerBytes = 16 * 1024 * 1024;

function authorization(node: NodeConnection): Record<string, string> {
  return { authorization: `Bearer ${node.token}` };
}

/**
 * Worker API over keep-alive HTTP. A job's call is synchronous, the fastest way to its result; whoever loses it asks.
 * Questions, stop requests and acknowledgements have connections of their own: they must not queue behind jobs, nor
 * a question behind acknowledgements.
 */
export class WorkerClient implements WorkerApi {
  readonly #jobs = new HttpClient(jobConnections);
  readonly #uploads = new HttpClient(16);
  readonly #questions = new HttpClient(32);
  readonly #control = new HttpClient(8);
  readonly #acks = new HttpClient(4);
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

  async stageFile(
    ...[node, jobId, file, { signal }]: Parameters<WorkerApi['stageFile']>
  ): ReturnType<WorkerApi['stageFile']> {
    const { method, path } = workerApiRoutes.stageInputFile;
    const query = new URLSearchParams({ path: file.path, mode: file.mode }).toString();
    try {
      const answer = await this.#uploads.call({
        method,
        url: `${node.url}${path.replace('{job_id}', jobId)}?${query}`,
        headers: authorization(node),
        content: { chunks: file.chunks, bytes: file.sizeBytes },
        timeoutMs: uploadTimeoutMs,
        signal,
      });
      return answer.status === 204 ? 'staged' : answerOfStaging(answerOfHttp(answer));
    } catch (error) {
      return answerOfStaging(answerOfFault(error));
    }
  }

  async getJob(
    ...[node, { jobId }, options]: Parameters<WorkerApi['getJob']>
  ): ReturnType<WorkerApi['getJob']> {
    const { method, path } = workerApiRoutes.getJob;
    try {
      return observationOfHttp(
        await this.#questions.call({
          method,
          url: `${node.url}${path.replace('{job_id}', jobId)}`,
          headers: authorization(node),
          timeoutMs: options.timeoutMs,
          signal: options.signal,
          maxBytes: maxAnswerBytes,
        }),
      );
    } catch (error) {
      return observationOfFault(error);
    }
  }

  async ackJob(
    ...[node, { taskId, jobId }]: Parameters<WorkerApi['ackJob']>
  ): ReturnType<WorkerApi['ackJob']> {
    const { method, path } = workerApiRoutes.ackJob;
    const body: AckJobRequest = { version: 1, task_id: taskId, job_id: jobId };
    const answer = await this.#ask(this.#acks, node, 'acknowledge a result', {
      method,
      url: `${node.url}${path.replace('{job_id}', jobId)}`,
      json: body,
    });
    if (answer?.status === 204 || answer?.status === 404) return 'done';
    return answer?.status === 409 ? 'running' : 'failed';
  }

  async stopJob(
    ...[node, job]: Parameters<WorkerApi['stopJob']>
  ): ReturnType<WorkerApi['stopJob']> {
    const { method, path } = workerApiRoutes.stopJob;
    const body: StopJobRequest = {
      version: 1,
      task_id: job.taskId,
      job_id: job.jobId,
      grace_seconds: job.graceSeconds,
    };
    const answer = await this.#ask(this.#control, node, 'stop a job', {
      method,
      url: `${node.url}${path}`,
      json: body,
      ...(job.timeoutMs !== undefined && { timeoutMs: job.timeoutMs }),
    });
    const parsed = stopJobResponseSchema.safeParse(jsonOf(answer));
    return parsed.success ? parsed.data.status : 'failed';
  }

  async stopAll(
    ...[node, { timeoutMs }]: Parameters<WorkerApi['stopAll']>
  ): ReturnType<WorkerApi['stopAll']> {
    const { method, path } = workerApiRoutes.stopAll;
    const answer = await this.#ask(this.#control, node, 'stop all jobs', {
      method,
      url: `${node.url}${path}`,
      json: { version: 1 },
      timeoutMs,
    });
    const parsed = stopAllResponseSchema.safeParse(jsonOf(answer));
    return parsed.success ? parsed.data : undefined;
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    const clients = [this.#jobs, this.#uploads, this.#questions, this.#control, this.#acks];
    await Promise.all(clients.map((client) => client.close()));
  }

  async #ask(
    client: HttpClient,
    node: NodeConnection,
    what: string,
    call: Pick<HttpCall, 'method' | 'url' | 'json'> & { readonly timeoutMs?: number },
  ): Promise<HttpAnswer | undefined> {
    try {
      return await client.call({
        timeoutMs: this.#options.controlTimeoutMs ?? 5000,
        ...call,
        headers: authorization(node),
      });
    } catch (error) {
      this.#options.log.warn(`a node could not be asked to ${what}`, {
        node_slug: node.slug,
        error: messageOf(error),
      });
      return undefined;
    }
  }
}

function jsonOf(answer: HttpAnswer | undefined): unknown {
  try {
    return answer === undefined ? undefined : JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}
