import { defaultPorts } from '@cynodeai/contracts/common';
import { type Env, type ListenAddress, parseEnv, schemaOf } from '@cynodeai/runtime/config';
import { mcpGatewayEnvironment } from '@cynodeai/runtime/environment/mcp-gateway';
import type { z } from 'zod';
import { isSampleKey } from '../domain/identity/signing-key.ts';

const schema = schemaOf(mcpGatewayEnvironment).extend({
  JWT_SECRET: mcpGatewayEnvironment.JWT_SECRET.field.refine(
    (key) => !isSampleKey(key.reveal()),
    'must not be a sample value; make one with: openssl rand -base64 48',
  ),
});

export interface McpGatewayConfig extends z.infer<typeof schema> {
  readonly listen: ListenAddress;
}

/** Reads the environment. @throws ConfigError naming every fault at once. */
export function mcpGatewayConfig(env: Env): McpGatewayConfig {
  const read = parseEnv(schema, env);
  const listen = read.MCP_GATEWAY_LISTEN_ADDR ??
    read.LISTEN_ADDR ?? { host: '0.0.0.0', port: defaultPorts.mcpGateway };
  return { ...read, listen };
}
