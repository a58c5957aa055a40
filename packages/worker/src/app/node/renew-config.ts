import type { Log } from '@cynodeai/runtime/observe';
import { readConfiguration } from '../../domain/node/configuration.ts';
import { NodeError } from '../../domain/node/node-error.ts';
import type { NodeState } from '../../ports/node-state.ts';
import type { Orchestrator } from '../../ports/orchestrator.ts';
import { type AppliedConfigDeps, appliedConfig } from './applied-config.ts';
import type { CurrentConfig } from './current-config.ts';

export interface RenewConfigDeps extends AppliedConfigDeps {
  readonly config: CurrentConfig;
  readonly state: Pick<NodeState, 'lastApplied' | 'saveApplied'>;
  readonly log: Log;
}

/**
 * Takes over the configuration that a new registration made: from then on the orchestrator presents another Worker
 * token, for the jobs that run here too. Nothing to do while none is in effect: the start fetches its own.
 * See docs/reference/nodes.md#worker-api-token.
 * @throws NodeError `configuration_failed`, and what the orchestrator and the state throw
 */
export async function renewConfig(
  deps: RenewConfigDeps,
  orchestrator: Pick<Orchestrator, 'fetchConfig'>,
  signal: AbortSignal,
): Promise<void> {
  const { config, state, log, settings } = deps;
  const before = config.ordersInference;
  if (before === undefined) return;
  const text = await orchestrator.fetchConfig(signal);
  const lastApplied = await state.lastApplied();
  const reading = readConfiguration(text, { slug: settings.slug, lastApplied });
  if (reading.outcome !== 'accepted') {
    const { type, message } = reading.fault;
    throw new NodeError('configuration_failed', `configuration failed (${type}): ${message}`);
  }
  const applied = appliedConfig(deps, reading.config);
  config.apply(applied);
  await state.saveApplied(applied.configVersion);
  const fields = { config_version: applied.configVersion };
  log.info('the configuration was taken over after a new registration', fields);
  if (applied.ordersInference !== before) {
    log.warn('another order of inference holds from the next start of this node on', fields);
  }
}
