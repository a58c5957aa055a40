import { availableParallelism } from 'node:os';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import type { Install } from '../install/install.ts';
import type { InferencePath } from '../domain/inference.ts';
import { controlPlaneProofPath, registrationPskPath } from '../install/secrets.ts';
import { localNodeId, nodeConfigPath, urlOf } from '../roles/decisions.ts';

/** What differs between the node of an install and a further one beside it. */
export interface NodeConfigInput {
  readonly nodeId: string;
  readonly labels: readonly string[];
  readonly orchestratorUrl: string;
  readonly pskFile: string;
  /** The key its orchestrator must prove to hold; absent: it need not. */
  readonly proofKeyFile?: string;
  /** Where the orchestrator of another machine comes to, and what its certificate comes from. */
  readonly far?: {
    readonly listen: string;
    readonly url: string;
    readonly caFile: string | undefined;
  };
  readonly port: number;
  readonly stateDir: string;
  readonly cores: number;
  readonly inference: InferencePath;
}

/**
 * `require`, because without a GPU an order for a container is given only to a node that asks for
 * one. See docs/reference/inference.md#who-must-start-a-container.
 */
const inferenceModes = {
  none: 'disabled',
  ollama: 'allow',
  demo: 'allow',
  container: 'require',
} as const satisfies Record<InferencePath['kind'], string>;

const quoted = (text: string): string => JSON.stringify(text);

/** A node's startup file. See docs/reference/nodes.md#settings-of-a-node. */
export function nodeYaml(input: NodeConfigInput): string {
  return `# Written by cynode at every start; changes are lost.
version: 1
orchestrator:
  url: ${quoted(input.orchestratorUrl)}
  registration_psk_file: ${quoted(input.pskFile)}${input.proofKeyFile === undefined ? '' : `\n  proof_key_file: ${quoted(input.proofKeyFile)}`}${input.far?.caFile === undefined ? '' : `\n  tls:\n    ca_bundle_path: ${quoted(input.far.caFile)}`}
node:
  id: ${quoted(input.nodeId)}
  labels: [${input.labels.map((label) => quoted(label)).join(', ')}]
worker_api:
  listen_host: 127.0.0.1
  listen_port: ${input.port}
  public_base_url: ${input.far?.url ?? `http://127.0.0.1:${input.port}`}${input.far === undefined ? '' : `\n  tls_listen: ${quoted(input.far.listen)}`}
sandbox:
  max_concurrency: ${Math.max(2, 2 * input.cores)}
storage:
  state_dir: ${quoted(input.stateDir)}
inference:
  mode: ${inferenceModes[input.inference.kind]}
`;
}

/** Writes the startup file of the install's own node. */
export function writeNodeConfig(install: Install): void {
  const yaml = nodeYaml({
    nodeId: localNodeId,
    labels: ['orchestrator_host'],
    orchestratorUrl: urlOf('controlPlane')(install),
    pskFile: registrationPskPath(install.paths),
    proofKeyFile: controlPlaneProofPath(install.paths),
    port: install.ports.workerApi,
    stateDir: install.paths.node,
    cores: availableParallelism(),
    inference: install.inference.path,
  });
  writeFileAtomicSync(nodeConfigPath(install), yaml);
}
