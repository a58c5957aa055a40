import { defaultPorts } from '@cynodeai/contracts/common';
import { type Environment, listenField, secretField } from '../config/index.ts';
import { serverEnvironment } from './server.ts';
import { storageEnvironment } from './storage.ts';

/** Variables of the MCP gateway. See docs/environment.md#orchestrator. */
export const mcpGatewayEnvironment = {
  ...storageEnvironment,
  JWT_SECRET: {
    field: secretField(32),
    about: 'Key that signs the tokens of users and nodes, at least 32 bytes',
    required: true,
    secret: true,
  },
  MCP_GATEWAY_LISTEN_ADDR: {
    field: listenField(),
    about: 'Address the MCP gateway listens on',
    unset: `\`LISTEN_ADDR\`, else \`0.0.0.0:${defaultPorts.mcpGateway}\``,
  },
  ...serverEnvironment,
} as const satisfies Environment;
