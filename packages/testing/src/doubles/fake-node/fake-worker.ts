import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { RunJobResult } from '@cynodeai/contracts/common';
import { type RunJobRequest, workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, ProblemError, bindRoute, createHttpServer } from '@cynodeai/runtime/http';
import { silentLog } from '@cynodeai/runtime/observe';
import { bindRelay } from './relay-route.ts';
import { Said } from './said.ts';
import type { FakeNode, FakeNodeOptions, KeptJob, RunAnswer, StagedUpload } from './types.ts';

function resultOf(request: RunJobRequest, answer: Exclude<RunAnswer, 'hang up'>): RunJobResult {
  const now = new Date().toISOString();
  return {
    version: 1,
    task_id: request.task_id,
    job_id: request.job_id,
    status: 'completed',
    exit_code: 0,
    stdout: '',
    stderr: '',
    started_at: now,
    ended_at: now,
    truncated: { stdout: false, stderr: false },
    ...(request.lease_id !== undefined && { lease_id: request.lease_id }),
    ...(request.sandbox.workspace && { workspace_bytes: 0 }),
    ...answer,
  } as RunJobResult;
}

const lostWorkspace = {
  status: 'failed',
  exit_code: 125,
  error_type: 'workspace_lost',
  workspace_bytes: undefined,
} as const;

/**
 * The Worker API of one fake node: retention and idempotency as a node has them.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export class FakeWorker {
  readonly #options: FakeNodeOptions;
  readonly #node: FakeNode;
  readonly #kept: Map<string, KeptJob>;
  /** Jobs whose results are stored elsewhere: acknowledging them again is harmless. */
  readonly #acked = new Set<string>();
  #server: HttpServer | undefined;
  #frozen: PromiseWithResolvers<void> | undefined;
  /** Work of an earlier life of the node must not end up in a later one. */
  #life = 0;

  constructor(options: FakeNodeOptions, node: FakeNode, kept: Map<string, KeptJob>) {
    this.#options = options;
    this.#node = node;
    this.#kept = kept;
  }

  async listen(port: number): Promise<number> {
    const server = await createHttpServer({ log: silentLog, writeTimeoutMs: 0 });
    this.#server = server;
    this.#bind(server);
    return server.listen({ host: '127.0.0.1', port });
  }

  async close(): Promise<void> {
    this.#life += 1;
    this.thaw();
    this.#server?.app.server.closeAllConnections();
    await this.#server?.close();
    for (const [jobId, job] of this.#kept) {
      job.result ??= resultOf(
        { version: 1, task_id: job.taskId, job_id: jobId, sandbox: { command: ['x'] } },
        { status: 'failed', exit_code: 125, stderr: 'cynode: node restarted\n' },
      );
    }
  }

  freeze(): void {
    this.#frozen ??= Promise.withResolvers();
  }

  thaw(): void {
    this.#frozen?.resolve();
    this.#frozen = undefined;
  }

  #hangUp(): never {
    this.#server?.app.server.closeAllConnections();
    throw new ProblemError('internal', 'gone');
  }

  async #guard(request: { headers: { authorization?: string | undefined } }): Promise<void> {
    await this.#frozen?.promise;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    this.#node.tokensSeen.add(token);
    if (this.#node.token === undefined || token !== this.#node.token) {
      throw new ProblemError('authentication', 'wrong token');
    }
  }

  async #run(request: RunJobRequest): Promise<RunJobResult> {
    const known = this.#kept.get(request.job_id);
    if (known !== undefined) {
      if (known.leaseId !== request.lease_id) {
        throw new ProblemError('job_conflict', 'the job runs or ended under another lease');
      }
      await known.ended;
      return known.result ?? this.#hangUp();
    }
    const life = this.#life;
    const workspaceId = this.#takeWorkspace(request);
    if (workspaceId === 'lost') return resultOf(request, lostWorkspace);
    const { promise, resolve } = Promise.withResolvers<void>();
    const job: KeptJob = {
      workspaceId,
      taskId: request.task_id,
      leaseId: request.lease_id,
      result: undefined,
      ended: promise,
      stop: new AbortController(),
      said: new Said(),
    };
    this.#kept.set(request.job_id, job);
    this.#node.executed.push(request.job_id);
    let answer: RunAnswer;
    try {
      const say = (text: string): void => job.said.say(text);
      answer = (await this.#options.onRun?.(request, job.stop.signal, say)) ?? {};
    } catch (error) {
      this.#kept.delete(request.job_id);
      throw error;
    } finally {
      resolve();
      job.said.end();
    }
    if (life !== this.#life) this.#hangUp();
    job.result = resultOf(request, answer === 'hang up' ? {} : answer);
    await this.#frozen?.promise;
    return answer === 'hang up' ? this.#hangUp() : job.result;
  }

  /** As a node does: one job at a time, and none where the content is lost. */
  #takeWorkspace({ sandbox: { workspace } }: RunJobRequest): string | undefined {
    if (workspace === undefined) return undefined;
    const { workspace_id: id, must_exist: mustExist } = workspace;
    if (this.#usesWorkspace(id)) throw new ProblemError('node_at_capacity', 'it is in use');
    if (mustExist && !this.#node.workspaces.has(id)) return 'lost';
    this.#node.workspaces.add(id);
    return id;
  }

  #usesWorkspace(id: string): boolean {
    return [...this.#kept.values()].some(
      ({ workspaceId, result }) => workspaceId === id && result === undefined,
    );
  }

  #bindWorkspaces(server: HttpServer): void {
    const guard = this.#guard.bind(this);
    bindRoute(server, workerApiRoutes.listKeptWorkspaces, {
      guard,
      handle: () => ({
        status: 200,
        body: { version: 1 as const, workspace_ids: [...this.#node.workspaces] },
      }),
    });
    bindRoute(server, workerApiRoutes.removeKeptWorkspace, {
      guard,
      handle: ({ params: { workspace_id: id } }) => {
        if (this.#usesWorkspace(id)) throw new ProblemError('job_conflict', 'a job runs in it');
        if (!this.#node.workspaces.delete(id)) throw new ProblemError('not_found', 'none such');
        return { status: 204 };
      },
    });
  }

  #stop(jobId: string): 'stopping' | 'not_running' {
    const job = this.#kept.get(jobId);
    if (job === undefined || job.result !== undefined) return 'not_running';
    job.stop.abort();
    return 'stopping';
  }

  #bind(server: HttpServer): void {
    const { upstream } = this.#options;
    if (upstream !== undefined) bindRelay(server, this.#guard.bind(this), upstream);
    this.#bindRuns(server);
    this.#bindKept(server);
    this.#bindStops(server);
    this.#bindWorkspaces(server);
    this.#bindModels(server);
  }

  #bindRuns(server: HttpServer): void {
    const node = this.#node;
    const guard = this.#guard.bind(this);
    bindRoute(server, workerApiRoutes.runJob, {
      guard,
      handle: async ({ body }) => {
        node.runs.push(body);
        return { status: 200, body: await this.#run(body) };
      },
    });
    const take = async (upload: StagedUpload) => {
      await this.#options.onStage?.(upload);
      node.uploads.push(upload);
      return { status: 204 };
    };
    bindRoute(server, workerApiRoutes.stageInputFile, {
      guard,
      handle: async ({ params: { job_id: jobId }, query: { path, mode }, content }) =>
        take({ jobId, path, mode, bytes: await buffer(content.chunks) }),
    });
    bindRoute(server, workerApiRoutes.stageFolder, {
      guard,
      handle: async ({ params: { job_id: jobId }, query: { folder: path }, content }) =>
        take({ jobId, path, mode: undefined, bytes: await buffer(content.chunks) }),
    });
    bindRoute(server, workerApiRoutes.reuseFolder, {
      guard,
      handle: ({ params: { job_id: jobId }, query: { folder } }) => {
        if (!node.uploads.some(({ path }) => path === folder)) {
          throw new ProblemError('not_found', 'no such folder');
        }
        node.reused.push([jobId, folder]);
        return { status: 204 };
      },
    });
  }

  #bindKept(server: HttpServer): void {
    const node = this.#node;
    const guard = this.#guard.bind(this);
    bindRoute(server, workerApiRoutes.getJob, {
      guard,
      handle: ({ params: { job_id } }) => {
        node.asked.push(job_id);
        const job = this.#kept.get(job_id);
        if (job === undefined) throw new ProblemError('not_found', 'no such job');
        return {
          status: 200,
          body: {
            version: 1 as const,
            task_id: job.taskId,
            job_id,
            ...(job.leaseId !== undefined && { lease_id: job.leaseId }),
            status: job.result?.status ?? ('in_progress' as const),
            ...(job.result && { result: job.result }),
          },
        };
      },
    });
    bindRoute(server, workerApiRoutes.jobOutput, {
      guard,
      handle: ({ params: { job_id }, signal }) => {
        const job = this.#kept.get(job_id);
        if (job === undefined) throw new ProblemError('not_found', 'no such job');
        return { status: 200, stream: job.said.stream(signal) };
      },
    });
    bindRoute(server, workerApiRoutes.jobArtifacts, {
      guard,
      handle: ({ params: { job_id } }) => {
        const archive = this.#kept.has(job_id) && this.#options.onArtifacts?.(job_id);
        if (!archive) throw new ProblemError('not_found', 'nothing was left');
        const headers = { 'content-type': 'application/x-tar' };
        return { status: 200, stream: Readable.from(archive, { objectMode: false }), headers };
      },
    });
    bindRoute(server, workerApiRoutes.ackJob, {
      guard,
      handle: ({ params: { job_id } }) => {
        const job = this.#kept.get(job_id);
        if (job === undefined && this.#acked.has(job_id)) return { status: 204 };
        if (job === undefined) throw new ProblemError('not_found', 'no such job');
        if (job.result === undefined) throw new ProblemError('job_conflict', 'it still runs');
        this.#kept.delete(job_id);
        this.#acked.add(job_id);
        node.acked.push(job_id);
        return { status: 204 };
      },
    });
  }

  #bindStops(server: HttpServer): void {
    const node = this.#node;
    const guard = this.#guard.bind(this);
    bindRoute(server, workerApiRoutes.stopJob, {
      guard,
      handle: ({ body }) => {
        node.stops.push(body);
        const status = this.#options.onStop?.(body) ?? this.#stop(body.job_id);
        return { status: status === 'stopping' ? 202 : 200, body: { version: 1 as const, status } };
      },
    });
    bindRoute(server, workerApiRoutes.stopAll, {
      guard,
      handle: () => {
        node.stopAlls += 1;
        return { status: 200, body: { version: 1 as const, stopped: [], failed: [] } };
      },
    });
  }

  #bindModels(server: HttpServer): void {
    const node = this.#node;
    const guard = this.#guard.bind(this);
    bindRoute(server, workerApiRoutes.loadModel, {
      guard,
      handle: async ({ body: { model_ref } }) => {
        node.loads.push(model_ref);
        if (node.models.get(model_ref)?.status !== 'available') {
          const model = (await this.#options.onLoad?.(model_ref)) ?? { status: 'loading' as const };
          node.models.set(model_ref, model);
        }
        const isThere = node.models.get(model_ref)?.status === 'available';
        const body = { version: 1 as const, model_ref };
        return isThere
          ? { status: 200, body: { ...body, status: 'available' as const } }
          : { status: 202, body: { ...body, status: 'loading' as const } };
      },
    });
    bindRoute(server, workerApiRoutes.listModels, {
      guard,
      handle: () => {
        node.lists += 1;
        const models = [...node.models].map(([model_ref, model]) => ({ model_ref, ...model }));
        return { status: 200, body: { version: 1 as const, models } };
      },
    });
  }
}
