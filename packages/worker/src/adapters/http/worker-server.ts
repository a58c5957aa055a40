import type { ListenAddress } from '@cynodeai/runtime/config';
import { type HttpServer, createHttpServer } from '@cynodeai/runtime/http';
import type { Collector, Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { ModelLoads } from '../../app/inference/model-loads.ts';
import type { JobService } from '../../app/jobs/job-service.ts';
import type { CurrentConfig } from '../../app/node/current-config.ts';
import { NodeError } from '../../domain/node/node-error.ts';
import type { ReadinessView } from './guards.ts';
import { bindAckJob } from './ack-job.ts';
import { bindGetJob } from './get-job.ts';
import { bindHealth } from './health.ts';
import { bindInferenceRelay, type RelayForwarder } from './inference-relay.ts';
import { bindJobArtifacts } from './job-artifacts.ts';
import { bindJobOutput } from './job-output.ts';
import { bindKeptWorkspaces } from './kept-workspaces.ts';
import { bindListModels } from './list-models.ts';
import { bindLoadModel } from './load-model.ts';
import { bindOpenApi } from './openapi.ts';
import { bindRunJob } from './run-job.ts';
import { bindStaging } from './stage-input-file.ts';
import { bindStopAll } from './stop-all.ts';
import { bindStopJob } from './stop-job.ts';
import { toProblem } from './to-problem.ts';

export interface WorkerServerDeps {
  readonly listen: ListenAddress;
  /** A further address, behind TLS, and the file with its certificate and key. */
  readonly secure?: { readonly listen: ListenAddress; readonly file: string } | undefined;
  readonly config: Pick<CurrentConfig, 'token' | 'policy'>;
  readonly readiness: ReadinessView;
  readonly jobs: JobService;
  readonly models: ModelLoads;
  readonly forwarder: RelayForwarder;
  /** Time sandboxes get between SIGTERM and kill when all are stopped, ms. */
  readonly stopGraceMs: number;
  /** Finds what the node tells of itself beside its requests. */
  readonly collectors?: readonly Collector[];
  readonly log: Log;
}

/** Time a whole request may take to arrive, ms. */
const readTimeoutMs = 120_000;
/** Connections of one address: a job holds one of a control plane's for its whole life, a thousand at most. */
const maxConnectionsPerAddress = 4096;

function addressesOf({ listen, secure }: WorkerServerDeps): string {
  const all = [listen, ...(secure === undefined ? [] : [secure.listen])];
  return all.map(({ host, port }) => `${host}:${port}`).join(' and ');
}

/**
 * Opens the Worker API. No limit on how long an answer may take: a job is answered when it has
 * ended.
 * @throws NodeError `listen_failed`. See docs/reference/worker-api.md#ground-rules.
 */
export async function startWorkerServer(deps: WorkerServerDeps): Promise<HttpServer> {
  const { log, config, readiness, jobs, listen, secure } = deps;
  const server = await createHttpServer({
    log,
    readTimeoutMs,
    hosts: { names: [listen.host], calledByMachines: true },
    maxConnectionsPerAddress,
    writeTimeoutMs: 0,
    maxBodyBytes: () => config.policy.maxRequestBytes,
    mapError: toProblem,
  });
  bindHealth(server, readiness, deps.collectors ?? []);
  bindOpenApi(server, config);
  bindRunJob(server, deps);
  bindStaging(server, deps);
  bindGetJob(server, config, jobs);
  bindJobOutput(server, config, jobs);
  bindJobArtifacts(server, config, jobs);
  bindAckJob(server, config, jobs);
  bindKeptWorkspaces(server, config, jobs);
  bindStopJob(server, config, jobs);
  bindStopAll(server, deps);
  bindLoadModel(server, deps);
  bindListModels(server, deps);
  bindInferenceRelay(server, deps);
  try {
    const port = await server.listen(listen);
    log.info('worker API is listening', { host: listen.host, port });
    if (secure !== undefined) {
      const files = { certificateFile: secure.file, keyFile: secure.file };
      const { host } = secure.listen;
      log.info('worker API is listening behind TLS', {
        host,
        port: await server.listenTls(secure.listen, files),
      });
    }
    return server;
  } catch (cause) {
    await server.close();
    const message = `the Worker API cannot listen on ${addressesOf(deps)}: ${messageOf(cause)}`;
    throw new NodeError('listen_failed', message, { cause });
  }
}
