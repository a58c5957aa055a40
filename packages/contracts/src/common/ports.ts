/**
 * Default listen ports of every role; servers, CLI and tests take them from here.
 * See docs/reference/processes.md#roles-and-ports.
 */
export const defaultPorts = {
  postgres: 5432,
  userGateway: 8080,
  controlPlane: 12082,
  mcpGateway: 12083,
  agents: 12087,
  demoModel: 12089,
  workerApi: 12090,
  ollama: 11434,
} as const;

/**
 * Where `cynork` looks for the gateway when nothing else is configured.
 * See docs/reference/cli.md#gateway-address.
 */
export const defaultGatewayUrl = `http://localhost:${defaultPorts.userGateway}`;
