import { type Env, forgetEnv } from '@cynodeai/runtime/config';
import { canonicalHash } from '@cynodeai/runtime/crypto';
import { HttpClient } from '@cynodeai/runtime/call';
import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { type Log, createLog, diskMetrics, gauge } from '@cynodeai/runtime/observe';
import { type Clock, elapsedMs, messageOf, systemClock } from '@cynodeai/runtime/std';
import { type WorkerServerDeps, startWorkerServer } from '../adapters/http/worker-server.ts';
import { createMachineProbe } from '../adapters/host/machine.ts';
import { createHttpOrchestrator } from '../adapters/orchestrator/http-orchestrator.ts';
import { InferenceForwarder } from '../adapters/relay/inference-forwarder.ts';
import { InFlight } from '../adapters/relay/in-flight.ts';
import { RelayProcess } from '../adapters/relay/relay-process.ts';
import { type Startup, loadStartup } from '../adapters/startup/load-startup.ts';
import { createFileNodeState } from '../adapters/state/file-node-state.ts';
import type { NodeInference } from '../app/inference/node-inference.ts';
import { acknowledgeApplied } from '../app/node/acknowledge.ts';
import { bringUpNode } from '../app/node/bring-up-node.ts';
import { CurrentConfig } from '../app/node/current-config.ts';
import { NodeReadiness } from '../app/node/node-readiness.ts';
import { OrchestratorSession } from '../app/node/orchestrator-session.ts';
import { renewConfig } from '../app/node/renew-config.ts';
import { reportCapability } from '../app/node/report-capability.ts';
import { sweepHost } from '../app/node/sweep-host.ts';
import { stopSandboxes } from '../app/node/stop-sandboxes.ts';
import { watchHost } from '../app/node/watch-host.ts';
import { capabilityReport } from '../domain/capability/report.ts';
import { modelForJobs } from '../domain/inference/models.ts';
import type { NodeSettings } from '../domain/node/settings.ts';
import type { NodeState } from '../ports/node-state.ts';
import type { Timer } from '../ports/timer.ts';
import type { SandboxHost, WorkerApi } from '../ports/worker-api.ts';
import { openHost as openRealHost } from './open-host.ts';
import { openInference } from './open-inference.ts';
import { openJobs } from './open-jobs.ts';
import { relayCommand } from './relay-command.ts';

/** What may be put in place of the real thing, by a test or a caller with other needs. */
export interface NodeOverrides {
  /** Startup YAML; the default path when absent. */
  readonly configPath?: string | false;
  readonly log?: Log;
  readonly openHost?: (settings: NodeSettings, log: Log) => Promise<SandboxHost>;
  readonly timer?: Timer;
  readonly clock?: Clock;
  /** Where the configuration in effect is held. */
  readonly config?: CurrentConfig;
  /** How often the node looks for changes of its capabilities, ms. */
  readonly lookMs?: number;
  /**
   * How often container runtime and mount root are tried again, ms.
   * See docs/reference/nodes.md#readiness-of-a-node.
   */
  readonly watchMs?: number;
  /** How often the model service is looked at, ms. */
  readonly inferenceLookMs?: number;
}

type SecureDoor = WorkerServerDeps['secure'];

const systemTimer: Timer = { sleep, elapsedMs, random: Math.random };

interface Parts {
  readonly startup: Startup;
  readonly scope: ProcessScope;
  readonly log: Log;
  readonly readiness: NodeReadiness;
  readonly config: CurrentConfig;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly inference: NodeInference;
  /** A file with further certificates. */
  readonly certificates: string | undefined;
}

/** The two ways to the model service, for the orchestrator and for sandboxes; both take of the same places. */
function openWays({ startup, inference, log, scope, certificates }: Parts): {
  readonly forwarder: InferenceForwarder;
  readonly relay: RelayProcess;
} {
  const { inferenceMaxConcurrency: limit } = startup.settings;
  const places = limit === undefined ? {} : { places: new InFlight(limit) };
  const command = relayCommand(certificates);
  const relay = new RelayProcess({ command, service: inference, ...places, log });
  relay.start();
  scope.shutdown.add('relay of sandboxes', () => relay.close());
  return { relay, forwarder: new InferenceForwarder({ service: inference, ...places }) };
}

/** The certificate of the Worker API, where it is behind TLS. */
function certificateOf(
  { slug, tlsListen }: NodeSettings,
  state: NodeState,
): ReturnType<NodeState['certificate']> | undefined {
  return tlsListen === undefined ? undefined : state.certificate(slug);
}

async function secureDoor(settings: NodeSettings, state: NodeState): Promise<SecureDoor> {
  const { tlsListen: listen } = settings;
  const own = await certificateOf(settings, state);
  return listen === undefined || own === undefined ? undefined : { listen, file: own.file };
}

/** The Worker API and, behind it, the jobs; both end with the process, jobs first. */
function workerApi(
  parts: Parts,
  state: NodeState,
): WorkerApi & { readonly sweep: () => Promise<void> } {
  const { startup, scope, log, readiness, config } = parts;
  const { settings } = startup;
  let sweep = async (): Promise<void> => {};
  return {
    sweep: () => sweep(),
    start: async (host) => {
      const { forwarder, relay } = openWays(parts);
      const model = (): string | undefined => modelForJobs(parts.inference.models.known());
      const { jobs, disk } = await openJobs({ ...parts, settings, model }, host, relay);
      sweep = () => sweepHost({ host, jobs, disk, nodeSlug: settings.slug, log });
      const server = await startWorkerServer({
        listen: settings.listen,
        secure: await secureDoor(settings, state),
        config,
        models: parts.inference.models,
        readiness,
        jobs,
        forwarder,
        stopGraceMs: settings.shutdownGraceMs,
        collectors: [
          () => [gauge('cynode_sandboxes_running', 'Jobs that run on this node', jobs.running)],
          () => diskMetrics({ node: settings.stateDir }),
        ],
        log,
      });
      scope.shutdown.add('worker API', () => server.close());
      // Before the Worker API, which would wait for a model's whole answer.
      scope.shutdown.add('inference connections', () => forwarder.close());
      scope.shutdown.add(
        'sandboxes',
        () => stopSandboxes(jobs, settings.shutdownGraceMs, log),
        settings.shutdownGraceMs + 20_000,
      );
    },
  };
}

/** The connections of this process to other services; downloads of models have a lane of their own. */
function openClient({ connectTimeoutMs }: NodeSettings, scope: ProcessScope): HttpClient<'pull'> {
  const client = new HttpClient({ connections: 4, connectTimeoutMs, lanes: { pull: 64 } });
  scope.shutdown.add('connections to other services', () => client.close());
  return client;
}

/** Connections to the orchestrator alone, which proves on each whose it is where that is demanded. */
function openOrchestratorClient(startup: Startup, scope: ProcessScope): HttpClient {
  const { settings, proofKey, authorities: certificates } = startup;
  const trust = certificates === undefined ? undefined : { certificates };
  const { connectTimeoutMs } = settings;
  const client = new HttpClient({ connections: 4, connectTimeoutMs, proofKey, trust });
  scope.shutdown.add('connections to the orchestrator', () => client.close());
  return client;
}

/** Opens a session whose registrations carry fresh facts, and hands out the same facts for later reports. */
function reporting(parts: Parts, state: NodeState) {
  const { startup, scope, log, readiness, config, clock, inference } = parts;
  const { settings } = startup;
  const client = openOrchestratorClient(startup, scope);
  const probe = createMachineProbe(settings.stateDir);
  const orchestrator = createHttpOrchestrator({
    client,
    baseUrl: settings.orchestratorUrl,
    psk: startup.psk,
    identity: () => state.identity(),
    requestTimeoutMs: settings.requestTimeoutMs,
    sameOrigin: startup.authorities !== undefined,
  });
  const reportOf = (host: SandboxHost) => async () =>
    capabilityReport({
      settings,
      host: await probe.facts(),
      runtime: host.engine.facts,
      inference: inference.facts(),
      certificate: (await certificateOf(settings, state))?.certificate,
      secretsUsable: host.secrets.isUsable,
      sandboxUsable: readiness.holds('runtime') && readiness.holds('mountRoot'),
      now: clock.now(),
    });
  const openSession = (host: SandboxHost): OrchestratorSession =>
    new OrchestratorSession({
      orchestrator,
      report: reportOf(host),
      renew: (by, signal) =>
        renewConfig({ settings, hash: canonicalHash, config, state, log }, by, signal),
      signal: scope.signal,
    });
  return { openSession, reportOf };
}

/**
 * Composes a node and brings it up; resolves when it is ready and acknowledged. Its background work
 * and what it opened end with the scope.
 * @throws ConfigError, NodeError. See docs/reference/nodes.md#start-of-a-node.
 */
export async function startNode(
  env: Env,
  scope: ProcessScope,
  overrides: NodeOverrides = {},
): Promise<void> {
  const startup = await loadStartup(env, overrides.configPath);
  for (const name of startup.secretVariables) forgetEnv(name);
  const { settings } = startup;
  const log = overrides.log ?? createLog({ service: 'node', level: settings.logLevel });
  for (const warning of startup.warnings) log.warn(warning);
  const readiness = new NodeReadiness();
  scope.signal.addEventListener('abort', () => readiness.beginShutdown(), { once: true });
  const { timer = systemTimer, clock = systemClock, config = new CurrentConfig() } = overrides;
  const client = openClient(settings, scope);
  const inference = openInference({
    settings,
    scope,
    log,
    clock,
    timer,
    client,
    watchMs: overrides.inferenceLookMs ?? 3000,
  });
  const parts: Parts = {
    startup,
    scope,
    log,
    readiness,
    config,
    clock,
    timer,
    inference,
    certificates: env['NODE_EXTRA_CA_CERTS'],
  };
  const state = createFileNodeState(settings.stateDir);
  const { openSession, reportOf } = reporting(parts, state);
  const retry = { clock, timer, log, signal: scope.signal };
  scope.shutdown.add('state directory', () => state.close());
  const api = workerApi(parts, state);
  const { host, session } = await bringUpNode({
    ...retry,
    settings,
    readiness,
    config,
    hash: canonicalHash,
    openHost: () => (overrides.openHost ?? openRealHost)(settings, log),
    openSession,
    state,
    inference,
    workerApi: api,
  });
  const watching = watchHost(
    {
      host,
      sandboxEnabled: settings.sandbox.mode !== 'disabled',
      readiness,
      sweep: api.sweep,
      timer,
      log,
      intervalMs: overrides.watchMs ?? 60_000,
    },
    scope.signal,
  );
  const reports = reportCapability(
    {
      ...retry,
      session,
      report: reportOf(host),
      hash: canonicalHash,
      changes: () => inference.changes(),
      acknowledgeAgain: () =>
        acknowledgeApplied({ ...retry, slug: settings.slug, session }, config),
      intervalMs: settings.reportIntervalMs,
      lookMs: overrides.lookMs ?? 10_000,
    },
    scope.signal,
  );
  const serving = inference.watch(scope.signal);
  Promise.all([watching, reports, serving]).catch((error: unknown) => scope.fail(messageOf(error)));
}
