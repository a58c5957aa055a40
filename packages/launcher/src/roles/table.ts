import { dirname } from 'node:path';
import { demoModelRef } from '@cynodeai/contracts/model';
import { agentsEnvironment } from '@cynodeai/runtime/environment/agents';
import { controlPlaneEnvironment } from '@cynodeai/runtime/environment/control-plane';
import { demoModelEnvironment } from '@cynodeai/runtime/environment/demo-model';
import { mcpGatewayEnvironment } from '@cynodeai/runtime/environment/mcp-gateway';
import { nodeEnvironment } from '@cynodeai/runtime/environment/node';
import { userGatewayEnvironment } from '@cynodeai/runtime/environment/user-gateway';
import { joinPaths } from '@cynodeai/runtime/std';
import { auditKeyPath } from '../install/secrets.ts';
import {
  addressOf,
  certificateDirOf,
  certificateOf,
  engineDecisions,
  farAddressOf,
  nodeConfigPath,
  nodeStopMs,
  openAddressOf,
  ollamaImageOf,
  toolsUrl,
  upstreamUrlOf,
  urlOf,
} from './decisions.ts';
import type { Decisions, ProcessRole, Role, RolePlace } from './role.ts';

/** Reference of the image jobs run in when they name none. */
export const sandboxImage = 'localhost/cynode/sandbox:latest';

const hasDemoModel = ({ inference }: Pick<RolePlace, 'inference'>): boolean =>
  inference.path.kind === 'demo';

const instead = {
  workflows: 'its process agents runs workflows',
  ports: 'its ports are kept in install.json of the state folder',
  folders: 'CYNODE_HOME moves all its folders',
  s3Secret: 'write it into a file and name that in ARTIFACT_S3_SECRET_KEY_FILE',
  listen: 'say it to cynode up, with --listen and --tls-cert',
  inference: 'say OLLAMA_BASE_URL or --inference',
  node: 'its node belongs to its own control plane; for another: cynode serve node --orchestrator',
} as const;

const orchestratorEntry = 'packages/orchestrator/src/processes/main.ts';

const artifactsOf = ({ paths }: Pick<RolePlace, 'paths'>): readonly string[] => [paths.artifacts];

/** What gateway and control plane share. They are processes apart, so that whoever stalls one door stops no other. */
const storeDecisions = {
  DATABASE_URL: { by: 'user' },
  JWT_SECRET: { by: 'secret', secret: 'jwt' },
  LISTEN_ADDR: { by: 'install', instead: instead.ports },
  ARTIFACT_STORAGE_DIR: {
    by: 'install',
    value: (place) => artifactsOf(place)[0],
    instead: instead.folders,
  },
  ARTIFACT_S3_SECRET_KEY: { by: 'install', instead: instead.s3Secret },
} as const satisfies Decisions;

/** The processes of one machine in the order in which they start; they stop in the reverse. A new role is a row here. */
const roleTable = [
  { kind: 'database', name: 'postgres', stopSignal: 'SIGINT', stopMs: () => 30_000 },
  {
    kind: 'process',
    name: 'demo-model',
    hosts: [],
    entry: 'packages/demo-model/src/processes/main.ts',
    args: () => [],
    environments: [demoModelEnvironment],
    decides: {
      LISTEN_ADDR: { by: 'install', value: addressOf('demoModel'), instead: instead.ports },
    },
    servers: [{ name: 'demo-model', port: 'demoModel', tellsReadiness: false }],
    needs: { database: false, engine: false, after: [] },
    confinement: 'full',
    isPart: hasDemoModel,
    stopSignal: 'SIGTERM',
    stopMs: () => 10_000,
  },
  {
    kind: 'process',
    name: 'control-plane',
    // Of equal trust and exposure: both are called by what works for the install, never by people.
    hosts: ['control-plane', 'mcp-gateway'],
    entry: orchestratorEntry,
    args: (_place, hosts) => hosts,
    environments: [controlPlaneEnvironment, mcpGatewayEnvironment],
    decides: {
      ...storeDecisions,
      NODE_REGISTRATION_PSK: { by: 'secret', secret: 'registrationPsk' },
      BOOTSTRAP_ADMIN_PASSWORD: { by: 'secret', secret: 'adminPassword' },
      INSTALL_PROOF_KEY: { by: 'secret', secret: 'controlPlaneProof' },
      ORCHESTRATOR_SECRETS_KEY: { by: 'secret', secret: 'secretsKey' },
      WORKFLOW_RUNNER_BEARER_TOKEN: { by: 'secret', secret: 'workflowRunner' },
      WORKFLOW_RUNNER_URL: { by: 'install', value: urlOf('agents'), instead: instead.workflows },
      ORCHESTRATOR_PUBLIC_URL: {
        by: 'install',
        value: urlOf('controlPlane'),
        instead: instead.ports,
      },
      CONTROL_PLANE_TLS_LISTEN_ADDR: {
        by: 'install',
        value: farAddressOf('control-plane'),
        instead: instead.listen,
      },
      TLS_CERT_FILE: {
        by: 'install',
        value: certificateOf('control-plane'),
        instead: instead.listen,
      },
      TLS_KEY_FILE: { by: 'install', instead: instead.listen },
      CONTROL_PLANE_LISTEN_ADDR: {
        by: 'install',
        value: openAddressOf('controlPlane'),
        instead: instead.ports,
      },
      MCP_GATEWAY_LISTEN_ADDR: {
        by: 'install',
        value: addressOf('mcpGateway'),
        instead: instead.ports,
      },
      AUDIT_SEAL_KEY_FILE: {
        by: 'install',
        value: ({ paths }) => auditKeyPath(paths),
        instead: 'it is kept in the folder secrets',
      },
      // The node alone is told where its model service is; the control plane reaches it through its relay.
      OLLAMA_BASE_URL: { by: 'user' },
      DEMO_MODEL_REF: {
        by: 'install',
        value: (place) => (hasDemoModel(place) ? demoModelRef : undefined),
        instead: instead.inference,
      },
      SANDBOX_DEFAULT_IMAGE: { by: 'default', value: () => sandboxImage },
    },
    servers: [
      {
        name: 'control-plane',
        port: 'controlPlane',
        tellsReadiness: true,
        proof: 'controlPlaneProof',
      },
      { name: 'mcp-gateway', port: 'mcpGateway', tellsReadiness: true },
    ],
    needs: { database: true, engine: false, after: [] },
    confinement: 'full',
    reads: certificateDirOf('control-plane'),
    writes: (place) => [...artifactsOf(place), dirname(auditKeyPath(place.paths))],
    isPart: () => true,
    stopSignal: 'SIGTERM',
    stopMs: () => 15_000,
    deploy: { unit: 'cynode-control-plane', service: 'control-plane' },
  },
  {
    kind: 'process',
    name: 'agents',
    hosts: ['agents'],
    entry: 'packages/agents/src/processes/main.ts',
    args: (_place, hosts) => hosts,
    environments: [agentsEnvironment],
    decides: {
      WORKFLOW_RUNNER_BEARER_TOKEN: { by: 'secret', secret: 'workflowRunner' },
      LISTEN_ADDR: { by: 'install', value: addressOf('agents'), instead: instead.ports },
      CONTROL_PLANE_URL: { by: 'install', value: urlOf('controlPlane'), instead: instead.ports },
      MCP_GATEWAY_URL: { by: 'install', value: toolsUrl, instead: instead.ports },
      PMA_MCP_GATEWAY_URL: { by: 'install', instead: instead.ports },
    },
    servers: [{ name: 'agents', port: 'agents', tellsReadiness: true }],
    // What tells it of tasks, and the door of its tools.
    needs: { database: false, engine: false, after: ['control-plane'] },
    confinement: 'full',
    isPart: () => true,
    stopSignal: 'SIGTERM',
    stopMs: () => 15_000,
    deploy: { unit: 'cynode-agents', service: 'agents' },
  },
  {
    kind: 'process',
    name: 'user-gateway',
    hosts: ['user-gateway'],
    entry: orchestratorEntry,
    args: () => ['user-gateway'],
    environments: [userGatewayEnvironment],
    decides: {
      ...storeDecisions,
      INSTALL_PROOF_KEY: { by: 'secret', secret: 'gatewayProof' },
      WATCHED_DIRECTORIES: {
        by: 'install',
        value: ({ paths }) => joinPaths([paths.home, paths.postgres]),
        instead: instead.folders,
      },
      USER_GATEWAY_TLS_LISTEN_ADDR: {
        by: 'install',
        value: farAddressOf('user-gateway'),
        instead: instead.listen,
      },
      TLS_CERT_FILE: {
        by: 'install',
        value: certificateOf('user-gateway'),
        instead: instead.listen,
      },
      TLS_KEY_FILE: { by: 'install', instead: instead.listen },
      USER_GATEWAY_LISTEN_ADDR: {
        by: 'install',
        value: openAddressOf('userGateway'),
        instead: instead.ports,
      },
    },
    servers: [
      { name: 'user-gateway', port: 'userGateway', tellsReadiness: true, proof: 'gatewayProof' },
    ],
    // Nobody can log in before the control plane has made the first administrator.
    needs: { database: true, engine: false, after: ['control-plane'] },
    confinement: 'full',
    reads: certificateDirOf('user-gateway'),
    writes: artifactsOf,
    isPart: () => true,
    stopSignal: 'SIGTERM',
    stopMs: () => 15_000,
    deploy: { unit: 'cynode-user-gateway', service: 'user-gateway' },
  },
  {
    kind: 'process',
    name: 'node',
    hosts: ['node'],
    entry: 'packages/worker/src/processes/node.ts',
    args: (place) => ['--config', nodeConfigPath(place)],
    environments: [nodeEnvironment],
    decides: {
      ...engineDecisions,
      ORCHESTRATOR_URL: { by: 'install', instead: instead.node },
      // The node reads it from a file, so that it stands in no environment.
      NODE_REGISTRATION_PSK: { by: 'install', instead: 'it is kept in the folder secrets' },
      LISTEN_ADDR: { by: 'install', instead: instead.ports },
      OLLAMA_UPSTREAM_URL: { by: 'install', value: upstreamUrlOf, instead: instead.inference },
      OLLAMA_IMAGE: { by: 'install', value: ollamaImageOf, instead: instead.inference },
    },
    servers: [{ name: 'worker-api', port: 'workerApi', tellsReadiness: true }],
    // A node that finds no model at its start reports that it has none.
    needs: { database: false, engine: true, after: ['demo-model'] },
    confinement: 'engine',
    isPart: () => true,
    stopSignal: 'SIGTERM',
    stopMs: nodeStopMs,
    deploy: { unit: 'cynode-node' },
  },
] as const satisfies readonly Role[];

export type RoleName = (typeof roleTable)[number]['name'];

/** Names of all processes in the order in which they start. */
export const roleNames = roleTable.map((role) => role.name);

/** The same rows, where their exact types do not matter. */
export const roles: readonly (Role & { readonly name: RoleName })[] = roleTable;

export const processRoles = roles.filter(
  (role): role is ProcessRole & { readonly name: RoleName } => role.kind === 'process',
);

/** The process that hosts a role. */
export function processOf(host: string): ProcessRole & { readonly name: RoleName } {
  const role = processRoles.find((candidate) => candidate.hosts.includes(host));
  if (role === undefined) throw new Error(`no process hosts the role ${host}`);
  return role;
}

/** The row of a process. */
export function roleNamed(name: RoleName): Role {
  const role = roles.find((candidate) => candidate.name === name);
  if (role === undefined) throw new Error(`there is no role ${name}`);
  return role;
}
