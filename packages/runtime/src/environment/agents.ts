import { defaultPorts, serviceUrlSchema } from '@cynodeai/contracts/common';
import { z } from 'zod';
import { type Environment, integerField, secretField } from '../config/index.ts';
import { trimEnd } from '../std/index.ts';
import { serverEnvironment } from './server.ts';

const urlField = serviceUrlSchema.transform((url) => trimEnd(url, '/'));

/** Only processes of the same trust call it, on a network of their own. */
const {
  TLS_CERT_FILE: _certificate,
  TLS_KEY_FILE: _key,
  INSTALL_PROOF_KEY: _proof,
  ...innerServer
} = serverEnvironment;

/** Variables of what runs workflows and their agents. See docs/environment.md#agents. */
export const agentsEnvironment = {
  WORKFLOW_RUNNER_BEARER_TOKEN: {
    field: secretField(16),
    about: 'Token with which it calls the control plane and is called, at least 16 bytes',
    required: true,
    secret: true,
  },
  CONTROL_PLANE_URL: {
    field: urlField,
    about: 'Where the control plane is',
    default: `http://localhost:${defaultPorts.controlPlane}`,
  },
  MCP_GATEWAY_URL: {
    field: urlField,
    about: 'The door of agents, with its path',
    default: `http://localhost:${defaultPorts.mcpGateway}/v1/mcp`,
  },
  PMA_MCP_GATEWAY_URL: {
    field: urlField,
    about: 'The same, for these agents alone',
    unset: '`MCP_GATEWAY_URL`',
  },
  PMA_INSTRUCTIONS_ROOT: {
    field: z.string().min(1),
    about: 'Folder with a folder of Markdown files for each kind of agent',
    unset: 'that of the program',
  },
  PMA_INSTRUCTIONS_PROJECT_MANAGER: {
    field: z.string().min(1),
    about: 'What the Project Manager is told of itself, a folder of Markdown files',
    unset: '`project_manager` below `PMA_INSTRUCTIONS_ROOT`',
  },
  PMA_INSTRUCTIONS_PROJECT_ANALYST: {
    field: z.string().min(1),
    about: 'The same for the Project Analyst',
    unset: '`project_analyst` below `PMA_INSTRUCTIONS_ROOT`',
  },
  WORKFLOW_TASKS_AT_ONCE: {
    field: integerField(1, 100),
    about: 'Tasks whose workflows it runs at once',
    default: '4',
  },
  ...innerServer,
} as const satisfies Environment;
