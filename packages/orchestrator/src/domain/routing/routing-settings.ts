import type { AgentCall } from '@cynodeai/contracts/control-plane';
import { executionModes, pmModelKeys } from '../models/model-settings.ts';
import type { Settings } from '../nodes/config-settings.ts';

type Agent = AgentCall['routing']['agent'];

/** A setting as it holds, and where it was said. */
interface Effective<T> {
  readonly value: T;
  readonly source: 'system' | 'default';
}

/** What holds for the calls of an agent. */
export interface RoutingSettings {
  readonly preferLocal: Effective<boolean>;
  readonly executionMode: Effective<(typeof executionModes)[number]>;
}

const preferLocalKey = 'model_routing.prefer_local';
const agentKey = (agent: Agent): string => `agents.${agent}.${preferLocalKey}`;

/** The settings that routing looks at. See docs/reference/settings.md#system-settings. */
export function routingSettingKeys(agent: Agent): readonly string[] {
  return [preferLocalKey, agentKey(agent), pmModelKeys.executionMode];
}

/** An agent's own setting goes before the one for all; a value of a wrong type counts as unset. */
export function routingSettings(agent: Agent, settings: Settings): RoutingSettings {
  const said = [agentKey(agent), preferLocalKey]
    .map((key) => settings.get(key))
    .find((value) => typeof value === 'boolean');
  const mode = executionModes.find((one) => one === settings.get(pmModelKeys.executionMode));
  return {
    preferLocal: { value: said ?? true, source: said === undefined ? 'default' : 'system' },
    executionMode: { value: mode ?? 'auto', source: mode === undefined ? 'default' : 'system' },
  };
}
