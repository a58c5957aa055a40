import { defaultPorts } from '@cynodeai/contracts/common';
import {
  ConfigError,
  type Env,
  type ListenAddress,
  parseEnv,
  schemaOf,
} from '@cynodeai/runtime/config';
import { agentsEnvironment } from '@cynodeai/runtime/environment/agents';

const schema = schemaOf(agentsEnvironment);

const readVariables = (env: Env) => parseEnv(schema, env);

export interface AgentsConfig extends ReturnType<typeof readVariables> {
  readonly listen: ListenAddress;
  /** The door of tools. */
  readonly toolsUrl: string;
}

/** Addresses and keys that agents must not have: of databases, of models, of nodes. */
const forbidden =
  /^(?:DATABASE_URL|PG[A-Z]+|POSTGRES_\w+|OLLAMA_\w+|INFERENCE_URL|WORKER_API_\w+|NODE_REGISTRATION_PSK|JWT_SECRET|ORCHESTRATOR_SECRETS_KEY)$/;

function refuseAddresses(env: Env): void {
  const found = Object.keys(env).filter((name) => env[name] && forbidden.test(name));
  if (found.length === 0) return;
  throw new ConfigError(
    `${found.toSorted().join(', ')}: what runs agents must not know databases, models or nodes; start it without`,
  );
}

/**
 * Reads the environment. See docs/reference/workflow.md#agents.
 * @throws ConfigError naming every fault at once, and for what agents must not have
 */
export function agentsConfig(env: Env): AgentsConfig {
  refuseAddresses(env);
  const read = readVariables(env);
  const listen = read.LISTEN_ADDR ?? { host: '0.0.0.0', port: defaultPorts.agents };
  return { ...read, listen, toolsUrl: read.PMA_MCP_GATEWAY_URL ?? read.MCP_GATEWAY_URL };
}
