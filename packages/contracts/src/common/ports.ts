/** Default listen ports of every role; servers, CLI and tests take them from here. Contract 01 section 1.1. */
export const defaultPorts = {
  postgres: 5432,
  userGateway: 8080,
  controlPlane: 12082,
  demoModel: 12089,
  workerApi: 12090,
  ollama: 11434,
} as const;

/** Where `cynork` looks for the gateway when nothing else is configured. Contract 05 section 4.2. */
export const defaultGatewayUrl = `http://localhost:${defaultPorts.userGateway}`;
