import { limits } from '@cynodeai/contracts/common';
import { jobOutputSchema, workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { unpackFiles } from '@cynodeai/runtime/archive';
import {
  CallError,
  type CallOptions,
  type HttpClient,
  type TimeLimit,
  callRoute,
  exactTrust,
} from '@cynodeai/runtime/call';
import type { Log } from '@cynodeai/runtime/observe';
import { boundedChunks, messageOf, parseJsonOr } from '@cynodeai/runtime/std';
import type { NodeConnection } from '../../ports/nodes.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import type { WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';
import { answerOfFault, answerOfStaging, observationOfFault } from './worker-answer.ts';

/**
 * Connections to one node, by purpose. A job holds one for its whole life, so the first number bounds the jobs of one
 * node; questions, stops and acknowledgements have their own, because they must queue neither behind jobs nor, as to
 * questions, behind acknowledgements.
 */
export const workerLanes = {
  jobs: 1024,
  outputs: 1024,
  uploads: 16,
  downloads: 8,
  questions: 32,
  control: 8,
  acknowledgements: 4,
} as const;

type Lane = keyof typeof workerLanes;

export interface WorkerClientOptions {
  /** Has `workerLanes`; its owner closes it. */
  readonly http: Pick<HttpClient<Lane>, 'open'>;
  readonly log: Log;
  /** How a node is called by now: whoever registers again gets another token, also while jobs run there. */
  readonly current: (nodeId: string) => Promise<NodeConnection | undefined>;
  /** Longest wait for an answer to a stop request or an acknowledgement, ms; 5 s unless told. */
  readonly controlTimeoutMs?: number;
}

/** Longest upload of one input file (10 MiB at most), ms: 90 kB/s. */
const uploadTimeoutMs = 120_000;
/** Longest removal of a workspace, ms; one that takes longer goes on. */
const removalTimeoutMs = 60_000;
/** Two streams of 256 KiB, six bytes per character at worst in JSON, and room for later fields. */
const maxBytes = 16 * 1024 * 1024;
/** Longest silence of a stream of output, ms; a node says every 15 s that it is there. */
const stallMs = 45_000;
/** A whole archive, a header of three blocks a file included; a node that sends more is not believed. */
const maxArchiveBytes =
  limits.jobArtifactsBytes + limits.artifactCount * 2048 + 3 * limits.artifactNamesBytes;
const version = 1;

const tooMuch = (): RangeError => new RangeError('the node sent more than a job may leave');

/** The Worker API of nodes. A job's call is synchronous, the fastest way to its result; whoever loses it asks. */
export class WorkerClient implements WorkerApi {
  readonly #options: WorkerClientOptions;
  readonly #controlMs: number;

  constructor(options: WorkerClientOptions) {
    this.#options = options;
    this.#controlMs = options.controlTimeoutMs ?? 5000;
  }

  async runJob(
    ...[node, request, { deadlineMs, signal }]: Parameters<WorkerApi['runJob']>
  ): ReturnType<WorkerApi['runJob']> {
    const settings = { timeoutMs: deadlineMs, signal, maxBytes };
    try {
      const answer = await this.#callAgain(node, (by) =>
        callRoute(workerApiRoutes.runJob, { body: request }, this.#call(by, 'jobs', settings)),
      );
      return answer.status === 202 ? { kind: 'accepted' } : { kind: 'result', result: answer.body };
    } catch (error) {
      return answerOfFault(error);
    }
  }

  async stageFile(
    ...[node, jobId, file, { signal }]: Parameters<WorkerApi['stageFile']>
  ): ReturnType<WorkerApi['stageFile']> {
    const { path, mode, chunks, sizeBytes } = file;
    const input = {
      params: { job_id: jobId },
      query: { path, mode },
      content: { chunks, sizeBytes },
    };
    return this.#stage(node, { timeoutMs: uploadTimeoutMs, signal }, (call) =>
      callRoute(workerApiRoutes.stageInputFile, input, call),
    );
  }

  async stageFolder(
    ...[node, jobId, { folder, sizeBytes, chunks }, { signal }]: Parameters<
      WorkerApi['stageFolder']
    >
  ): ReturnType<WorkerApi['stageFolder']> {
    const input = {
      params: { job_id: jobId },
      query: { folder },
      content: { chunks, sizeBytes },
    };
    return this.#stage(node, { stallMs, signal }, (call) =>
      callRoute(workerApiRoutes.stageFolder, input, call),
    );
  }

  async reuseFolder(
    ...[node, jobId, folder, { signal }]: Parameters<WorkerApi['reuseFolder']>
  ): ReturnType<WorkerApi['reuseFolder']> {
    const input = { params: { job_id: jobId }, query: { folder } };
    const settings = { timeoutMs: this.#controlMs, signal };
    try {
      await this.#callAgain(node, (by) =>
        callRoute(workerApiRoutes.reuseFolder, input, this.#call(by, 'uploads', settings)),
      );
      return true;
    } catch {
      // It has none, is of an older version, or says so once more when the folder comes.
      return false;
    }
  }

  async getJob(
    ...[node, { jobId }, { timeoutMs, signal }]: Parameters<WorkerApi['getJob']>
  ): ReturnType<WorkerApi['getJob']> {
    const input = { params: { job_id: jobId } };
    const settings = { timeoutMs, signal, maxBytes };
    try {
      const { body } = await this.#callAgain(node, (by) =>
        callRoute(workerApiRoutes.getJob, input, this.#call(by, 'questions', settings)),
      );
      return { kind: 'known', job: body };
    } catch (error) {
      return observationOfFault(error);
    }
  }

  async *followOutput(
    ...[node, { jobId }, { signal }]: Parameters<WorkerApi['followOutput']>
  ): ReturnType<WorkerApi['followOutput']> {
    const input = { params: { job_id: jobId } };
    try {
      const { body } = await this.#callAgain(node, (by) =>
        callRoute(workerApiRoutes.jobOutput, input, this.#call(by, 'outputs', { stallMs, signal })),
      );
      for await (const { event, data } of body) {
        if (event === 'end') return true;
        const piece = jobOutputSchema.safeParse(parseJsonOr(data)).data;
        if (event === 'output' && piece !== undefined) yield piece;
      }
      return false;
    } catch {
      // Whoever follows asks again; the job itself is looked after elsewhere.
      return false;
    }
  }

  async *leftFiles(
    ...[node, { jobId }, { signal }]: Parameters<WorkerApi['leftFiles']>
  ): ReturnType<WorkerApi['leftFiles']> {
    const input = { params: { job_id: jobId } };
    let body: AsyncIterable<Uint8Array>;
    try {
      ({ body } = await this.#callAgain(node, (by) =>
        callRoute(
          workerApiRoutes.jobArtifacts,
          input,
          this.#call(by, 'downloads', { stallMs, signal }),
        ),
      ));
    } catch (error) {
      return messageOf(error);
    }
    const files = unpackFiles(boundedChunks(body, maxArchiveBytes, tooMuch));
    try {
      for (;;) {
        const next = await files.next().catch((error: unknown) => messageOf(error));
        if (typeof next === 'string') return next;
        if (next.done === true) return undefined;
        yield next.value;
      }
    } finally {
      await files.return();
    }
  }

  async ackJob(
    ...[node, { taskId, jobId }]: Parameters<WorkerApi['ackJob']>
  ): ReturnType<WorkerApi['ackJob']> {
    const input = {
      params: { job_id: jobId },
      body: { version, task_id: taskId, job_id: jobId },
    } as const;
    const settings = { timeoutMs: this.#controlMs };
    try {
      await this.#callAgain(node, (by) =>
        callRoute(workerApiRoutes.ackJob, input, this.#call(by, 'acknowledgements', settings)),
      );
      return 'done';
    } catch (error) {
      this.#noteSilence(node, 'acknowledge a result', error);
      const status = error instanceof CallError ? error.status : undefined;
      if (status === 404) return 'done';
      return status === 409 ? 'running' : 'failed';
    }
  }

  async stopJob(
    ...[node, { taskId, jobId, graceSeconds, timeoutMs }]: Parameters<WorkerApi['stopJob']>
  ): ReturnType<WorkerApi['stopJob']> {
    const body = { version, task_id: taskId, job_id: jobId, grace_seconds: graceSeconds } as const;
    const settings = { timeoutMs: timeoutMs ?? this.#controlMs };
    try {
      const answer = await this.#callAgain(node, (by) =>
        callRoute(workerApiRoutes.stopJob, { body }, this.#call(by, 'control', settings)),
      );
      return answer.body.status;
    } catch (error) {
      this.#noteSilence(node, 'stop a job', error);
      return 'failed';
    }
  }

  async listWorkspaces(
    ...[node]: Parameters<WorkerApi['listWorkspaces']>
  ): ReturnType<WorkerApi['listWorkspaces']> {
    const settings = { timeoutMs: this.#controlMs };
    try {
      const { body } = await this.#callAgain(node, (by) =>
        callRoute(workerApiRoutes.listKeptWorkspaces, {}, this.#call(by, 'questions', settings)),
      );
      return body.workspace_ids;
    } catch (error) {
      this.#noteSilence(node, 'list its workspaces', error);
      return undefined;
    }
  }

  async removeWorkspace(
    ...[node, workspaceId]: Parameters<WorkerApi['removeWorkspace']>
  ): ReturnType<WorkerApi['removeWorkspace']> {
    const input = { params: { workspace_id: workspaceId } };
    const settings = { timeoutMs: removalTimeoutMs };
    try {
      await this.#callAgain(node, (by) =>
        callRoute(
          workerApiRoutes.removeKeptWorkspace,
          input,
          this.#call(by, 'questions', settings),
        ),
      );
      return 'removed';
    } catch (error) {
      this.#noteSilence(node, 'remove a workspace', error);
      const status = error instanceof CallError ? error.status : undefined;
      if (status === 404) return 'removed';
      return status === 409 ? 'busy' : 'failed';
    }
  }

  async stopAll(
    ...[node, { timeoutMs }]: Parameters<WorkerApi['stopAll']>
  ): ReturnType<WorkerApi['stopAll']> {
    const input = { body: { version } } as const;
    try {
      const answer = await this.#callAgain(node, (by) =>
        callRoute(workerApiRoutes.stopAll, input, this.#call(by, 'control', { timeoutMs })),
      );
      return answer.body;
    } catch (error) {
      this.#noteSilence(node, 'stop all jobs', error);
      return undefined;
    }
  }

  async #stage(
    node: NodeConnection,
    settings: TimeLimit & { readonly signal: AbortSignal },
    send: (call: CallOptions<Lane>) => Promise<unknown>,
  ): Promise<'staged' | WorkerAnswer> {
    // The pieces can be read only once, so that there is no second try.
    const by = (await this.#currentOf(node)) ?? node;
    try {
      await send(this.#call(by, 'uploads', settings));
      return 'staged';
    } catch (error) {
      return answerOfStaging(error);
    }
  }

  #call<S extends object>(node: NodeConnection, lane: Lane, settings: S) {
    const { url: baseUrl, token: bearer, certificate } = node;
    const trust = exactTrust(certificate);
    return { client: this.#options.http, baseUrl, bearer, trust, lane, ...settings };
  }

  /**
   * Makes a call; where the node does not take the token, once more by the one it has by now. The caller's may be from
   * before the node registered again, and its jobs run on. See docs/reference/nodes.md#worker-api-token.
   */
  async #callAgain<T>(node: NodeConnection, make: (by: NodeConnection) => Promise<T>): Promise<T> {
    try {
      return await make(node);
    } catch (error) {
      if (!(error instanceof CallError) || error.status !== 401) throw error;
      const current = await this.#currentOf(node);
      if (current === undefined || current.token === node.token) throw error;
      return make(current);
    }
  }

  /** Nothing rests on it: without an answer of the database the call is made as it was told. */
  async #currentOf({ nodeId, slug }: NodeConnection): Promise<NodeConnection | undefined> {
    try {
      return await this.#options.current(nodeId);
    } catch (error) {
      const fields = { node_slug: slug, error: messageOf(error) };
      this.#options.log.warn('the token of a node could not be read anew', fields);
      return undefined;
    }
  }

  /** A refusal is an answer; only a node that gave none is worth a line. */
  #noteSilence(node: NodeConnection, what: string, error: unknown): void {
    if (error instanceof CallError && error.code === 'refused') return;
    this.#options.log.warn(`a node could not be asked to ${what}`, {
      node_slug: node.slug,
      error: messageOf(error),
    });
  }
}
