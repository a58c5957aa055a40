import type { InferenceBackend, NodeConfigurationPayload } from '@cynodeai/contracts/control-plane';
import { type Clock, messageOf } from '@cynodeai/runtime/std';
import {
  type ConfigurationFault,
  ordersInference,
  readConfiguration,
} from '../../domain/node/configuration.ts';
import { NodeError } from '../../domain/node/node-error.ts';
import type { InferenceEngine } from '../../ports/inference.ts';
import type { NodeState } from '../../ports/node-state.ts';
import type { SandboxHost, WorkerApi } from '../../ports/worker-api.ts';
import { acknowledge, acknowledgeApplied } from './acknowledge.ts';
import { type AppliedConfigDeps, appliedConfig } from './applied-config.ts';
import { type CheckHostDeps, checkHost } from './check-host.ts';
import type { CurrentConfig } from './current-config.ts';
import type { OrchestratorSession } from './orchestrator-session.ts';
import { type RetryDeps, RetryWindow } from './retry.ts';

/** Inference as the start of a node needs it. */
export interface StartingInference {
  /** Looks for a service of the host. @throws WorkerError `engine_unusable` */
  detect(engine: InferenceEngine, signal: AbortSignal): Promise<void>;
  /** Resolves when what was ordered or is relied upon answers. @throws NodeError `inference_start_failed` */
  bringUp(order: InferenceBackend | undefined, signal: AbortSignal): Promise<void>;
}

export interface BringUpNodeDeps extends CheckHostDeps, RetryDeps, AppliedConfigDeps {
  readonly config: CurrentConfig;
  readonly clock: Clock;
  readonly state: NodeState;
  readonly workerApi: WorkerApi;
  readonly inference: StartingInference;
  /** Made once the host is known, because its facts are part of every report. */
  readonly openSession: (host: SandboxHost) => OrchestratorSession;
}

/** A node that is ready and whose configuration is acknowledged. */
export interface ReadyNode {
  readonly host: SandboxHost;
  readonly session: OrchestratorSession;
}

/** Tells the orchestrator that the configuration failed, then ends the start. */
async function giveUp(
  deps: BringUpNodeDeps,
  session: OrchestratorSession,
  configVersion: string | undefined,
  fault: ConfigurationFault,
): Promise<never> {
  const { slug } = deps.settings;
  deps.log.error('configuration cannot be applied', { ...fault, config_version: configVersion });
  try {
    await acknowledge({ ...deps, slug, session }, () => ({
      status: 'failed',
      configVersion,
      fault,
    }));
  } catch (error) {
    deps.log.error('the failed ack could not be delivered', { reason: messageOf(error) });
  }
  throw new NodeError('configuration_failed', `configuration failed (${fault.type})`);
}

async function fetchConfiguration(
  deps: BringUpNodeDeps,
  session: OrchestratorSession,
  lastApplied: string | undefined,
): Promise<NodeConfigurationPayload> {
  const window = new RetryWindow(deps);
  await window.run('register', () => session.register());
  deps.readiness.set('registration', true);
  deps.log.info('node is registered', { node: deps.settings.slug });
  const text = await window.run('fetch config', () =>
    session.call((orchestrator, signal) => orchestrator.fetchConfig(signal)),
  );
  const reading = readConfiguration(text, { slug: deps.settings.slug, lastApplied });
  return reading.outcome === 'accepted'
    ? reading.config
    : giveUp(deps, session, reading.configVersion, reading.fault);
}

function faultOf(error: unknown): ConfigurationFault {
  return error instanceof NodeError &&
    (error.code === 'listen_failed' || error.code === 'inference_start_failed')
    ? { type: error.code, message: error.message }
    : { type: 'apply_failed', message: 'the node could not apply the configuration; see its log' };
}

async function apply(
  deps: BringUpNodeDeps,
  host: SandboxHost,
  config: NodeConfigurationPayload,
): Promise<ConfigurationFault | undefined> {
  try {
    deps.config.apply(appliedConfig(deps, config));
    await deps.workerApi.start(host);
    deps.readiness.set('config', true);
    const order = ordersInference(config) ? config.inference_backend : undefined;
    await deps.inference.bringUp(order, deps.signal);
    await deps.state.saveApplied(config.config_version);
    return undefined;
  } catch (error) {
    deps.signal.throwIfAborted();
    deps.log.error('applying the configuration failed', { reason: messageOf(error) });
    return faultOf(error);
  }
}

/**
 * Brings a node from its settings to ready in a fixed order; nothing may be moved earlier: state
 * and leftovers, checks, registration, configuration, Worker API, inference, ready, ack.
 * See docs/reference/nodes.md#start-of-a-node.
 * @throws NodeError by code when a step failed for good; the process then ends with a non-zero exit
 * code
 */
export async function bringUpNode(deps: BringUpNodeDeps): Promise<ReadyNode> {
  const { settings, readiness, log } = deps;
  await deps.state.open();
  const lastApplied = await deps.state.lastApplied();
  const host = await checkHost(deps);
  await deps.inference.detect(host.inference, deps.signal);
  const session = deps.openSession(host);
  const config = await fetchConfiguration(deps, session, lastApplied);
  const fault = await apply(deps, host, config);
  if (fault !== undefined) return giveUp(deps, session, config.config_version, fault);
  readiness.set('inference', true);
  await acknowledgeApplied({ ...deps, slug: settings.slug, session }, deps.config);
  log.info('node is ready', { node: settings.slug, config_version: config.config_version });
  return { host, session };
}
