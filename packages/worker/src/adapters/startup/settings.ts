import { trimEnd } from '@cynodeai/runtime/std';
import {
  containerEngines,
  defaultPorts,
  jobTimeouts,
  transportOf,
} from '@cynodeai/contracts/common';
import { join } from 'node:path';
import { isExposed } from '../../domain/inference/bind-address.ts';
import type { NodeSettings, OllamaSettings, SandboxSettings } from '../../domain/node/settings.ts';
import type { NodeEnv } from './env-schema.ts';
import type { StartupYaml } from './yaml-schema.ts';

/** Where a node keeps what it has when nothing else is said. */
export const defaultStateDir = '/var/lib/cynode/state';

/** What of the ceiling the operator sets. See docs/reference/sandbox.md#ceiling. */
export function ceilingWish(
  env: Pick<NodeEnv, 'NODE_SANDBOXES_MEMORY_MB' | 'NODE_SANDBOXES_PROCESSES'>,
): SandboxSettings['ceiling'] {
  const { NODE_SANDBOXES_MEMORY_MB: memoryMb, NODE_SANDBOXES_PROCESSES: processes } = env;
  return {
    ...(memoryMb !== undefined && { memoryMb }),
    ...(processes !== undefined && { processes }),
  };
}

/** Jobs at the same time where nobody says another number. */
export const defaultConcurrency = 4;

function sandboxSettings(
  sandbox: NonNullable<StartupYaml['sandbox']>,
  env: NodeEnv,
  stateDir: string,
): SandboxSettings {
  const network = sandbox.default_network_policy;
  return {
    mode: sandbox.mode ?? 'allow',
    runtime: env.CONTAINER_RUNTIME ?? sandbox.runtime ?? containerEngines[0],
    rootless: sandbox.rootless ?? true,
    maxConcurrency: sandbox.max_concurrency ?? defaultConcurrency,
    ...(sandbox.default_image !== undefined && { defaultImage: sandbox.default_image }),
    ...(sandbox.allowed_images !== undefined && { allowedImages: sandbox.allowed_images }),
    ...(network !== undefined && { defaultNetworkPolicy: network }),
    defaultTimeoutSeconds: sandbox.timeouts?.default_seconds ?? jobTimeouts.defaultSeconds,
    maxTimeoutSeconds: sandbox.timeouts?.max_seconds ?? jobTimeouts.maxSeconds,
    mountRoot:
      env.CYNODE_SANDBOX_MOUNT_ROOT ?? sandbox.mount_root ?? join(stateDir, 'sandbox_mounts'),
    ceiling: ceilingWish(env),
    ...(env.NODE_SANDBOX_DISK_MB !== undefined && { diskMb: env.NODE_SANDBOX_DISK_MB }),
    workspaceMb: env.NODE_WORKSPACE_MB,
    ...(env.NODE_SANDBOX_TMP_MB !== undefined && { temporaryMb: env.NODE_SANDBOX_TMP_MB }),
    firstUid: env.NODE_SANDBOX_FIRST_UID,
  };
}

function ollamaSettings(allowGpu: boolean, env: NodeEnv): OllamaSettings {
  const { OLLAMA_UPSTREAM_URL: upstreamUrl, OLLAMA_IMAGE: image } = env;
  return {
    ...(upstreamUrl !== undefined && { upstreamUrl }),
    port: env.OLLAMA_PORT,
    ...(image !== undefined && { image }),
    bindAddress: env.OLLAMA_BIND_ADDR,
    containerName: env.OLLAMA_CONTAINER_NAME,
    allowGpu,
  };
}

/** The two settings that have no default. */
export interface Identity {
  readonly orchestratorUrl: string;
  readonly slug: string;
}

/** Which of the settings without a default is given by neither source, one line each. */
export function findIdentity(
  yaml: StartupYaml | undefined,
  env: NodeEnv,
): Identity | { readonly faults: readonly string[] } {
  const orchestratorUrl = env.ORCHESTRATOR_URL ?? yaml?.orchestrator?.url;
  const slug = env.NODE_SLUG ?? yaml?.node?.id;
  if (orchestratorUrl !== undefined && slug !== undefined) {
    return { orchestratorUrl: trimEnd(orchestratorUrl, '/'), slug };
  }
  return {
    faults: [
      ...(orchestratorUrl === undefined ? ['set ORCHESTRATOR_URL or orchestrator.url'] : []),
      ...(slug === undefined ? ['set NODE_SLUG or node.id'] : []),
    ],
  };
}

/**
 * Settings of both sources with defaults filled in; the environment beats the file.
 * See docs/reference/nodes.md#settings-of-a-node.
 */
export function resolveSettings(
  yaml: StartupYaml | undefined,
  env: NodeEnv,
  identity: Identity,
): NodeSettings {
  const stateDir = env.CYNODE_STATE_DIR ?? yaml?.storage?.state_dir ?? defaultStateDir;
  const name = env.NODE_NAME ?? yaml?.node?.name;
  const api = yaml?.worker_api;
  const publicBaseUrl = env.NODE_ADVERTISED_WORKER_API_URL ?? api?.public_base_url;
  const timeouts = yaml?.orchestrator?.timeouts;
  const inferencePlaces = yaml?.inference?.max_concurrency;
  return {
    ...identity,
    connectTimeoutMs: (timeouts?.connect_seconds ?? 5) * 1000,
    requestTimeoutMs: (timeouts?.request_seconds ?? 30) * 1000,
    ...(name !== undefined && { name }),
    labels: yaml?.node?.labels ?? [],
    listen: env.LISTEN_ADDR ?? {
      host: api?.listen_host ?? '0.0.0.0',
      port: api?.listen_port ?? defaultPorts.workerApi,
    },
    ...(api?.tls_listen !== undefined && { tlsListen: api.tls_listen }),
    ...(publicBaseUrl !== undefined && { publicBaseUrl: trimEnd(publicBaseUrl, '/') }),
    ...(api?.max_request_bytes !== undefined && { maxRequestBytes: api.max_request_bytes }),
    sandbox: sandboxSettings(yaml?.sandbox ?? {}, env, stateDir),
    inferenceMode: yaml?.inference?.mode ?? 'allow',
    ollama: ollamaSettings(yaml?.inference?.allow_gpu ?? true, env),
    ...(inferencePlaces !== undefined && { inferenceMaxConcurrency: inferencePlaces }),
    stateDir,
    artifactsDir: yaml?.storage?.artifacts_dir ?? join(stateDir, 'artifacts'),
    ...(env.CYNODE_RUN_DIR !== undefined && { runDir: env.CYNODE_RUN_DIR }),
    ...(env.XDG_RUNTIME_DIR !== undefined && { userRuntimeDir: env.XDG_RUNTIME_DIR }),
    ...(env.DOCKER_HOST !== undefined && { dockerHost: env.DOCKER_HOST }),
    logLevel: yaml?.logging?.level ?? 'info',
    shutdownGraceMs: env.NODE_SHUTDOWN_GRACE_SECONDS * 1000,
    reportIntervalMs: (yaml?.updates?.report_interval_seconds ?? 60) * 1000,
  };
}

/** What an operator should know about settings that act otherwise than they read. */
export function settingWarnings(settings: NodeSettings, yaml: StartupYaml | undefined): string[] {
  const domains = yaml?.sandbox?.allowed_egress_domains;
  const { bindAddress } = settings.ollama;
  return [
    ...(transportOf(settings.orchestratorUrl) === 'plain'
      ? [
          'ORCHESTRATOR_URL is plain http to another machine: whoever is on the way can read the registration key and the tokens of this node; put TLS in front of the orchestrator',
        ]
      : []),
    ...(isExposed(bindAddress)
      ? [
          `OLLAMA_BIND_ADDR ${bindAddress} lets anyone who reaches this machine use its model service without a password; use a private address`,
        ]
      : []),
    ...(settings.publicBaseUrl === undefined
      ? [
          'the orchestrator will be told to dial the host name; set NODE_ADVERTISED_WORKER_API_URL if it cannot resolve it',
        ]
      : []),
    ...(settings.sandbox.defaultNetworkPolicy === 'allowlist'
      ? ['sandbox.default_network_policy allowlist acts as none in this version']
      : []),
    ...(domains !== undefined
      ? ['sandbox.allowed_egress_domains has no effect: sandboxes have no network in this version']
      : []),
  ];
}
