import { dirname, join } from 'node:path';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { demoModelRef } from '@cynodeai/contracts/model';
import type { Install } from '../install/install.ts';
import type { InstallSecrets } from '../install/secrets.ts';
import { logPath } from './log-file.ts';
import type { RoleSpec } from './supervise-role.ts';

/** Reference of the image jobs run in when they name none. */
export const sandboxImage = 'localhost/cynode/sandbox:latest';

export const orchestratorEntry = 'packages/orchestrator/src/processes/main.ts';
const demoModelEntry = 'packages/demo-model/src/processes/main.ts';
export const nodeEntry = 'packages/worker/src/processes/node.ts';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What every process of ours needs and nothing more: where programs are, where its owner lives, Node's compile cache. */
export function baseEnv(env: Env): Record<string, string> {
  const path = [dirname(process.execPath), systemPath].join(':');
  const kept = Object.entries(env).filter(
    ([name, value]) =>
      value !== undefined && ['NODE_COMPILE_CACHE', 'TZ', 'NODE_EXTRA_CA_CERTS'].includes(name),
  ) as [string, string][];
  return { PATH: path, HOME: env['HOME'] ?? '/', LANG: 'C.UTF-8', ...Object.fromEntries(kept) };
}

/** Environment of the orchestrator's roles. Contract 01 section 1.2. */
export function orchestratorEnv(
  install: Install,
  secrets: InstallSecrets,
  databaseUrl: string,
  env: Env,
): Record<string, string> {
  const { ports, paths } = install;
  return {
    ...baseEnv(env),
    DATABASE_URL: databaseUrl,
    JWT_SECRET: secrets.jwt.reveal(),
    NODE_REGISTRATION_PSK: secrets.registrationPsk.reveal(),
    BOOTSTRAP_ADMIN_PASSWORD: secrets.adminPassword.reveal(),
    ORCHESTRATOR_SECRETS_KEY: secrets.secretsKey.reveal(),
    ORCHESTRATOR_PUBLIC_URL: `http://127.0.0.1:${ports.controlPlane}`,
    USER_GATEWAY_LISTEN_ADDR: `127.0.0.1:${ports.userGateway}`,
    CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${ports.controlPlane}`,
    ARTIFACT_STORAGE_DIR: paths.artifacts,
    SANDBOX_DEFAULT_IMAGE: sandboxImage,
    ...(install.inference.path.kind === 'demo' && { DEMO_MODEL_REF: demoModelRef }),
  };
}

/** Environment of everything that drives the container engine: the node and the engine's own command. */
export function engineEnv(
  install: Pick<Install, 'paths' | 'runDir'>,
  env: Env,
): Record<string, string> {
  return {
    ...baseEnv(env),
    CYNODE_STATE_DIR: install.paths.node,
    CYNODE_RUN_DIR: install.runDir,
    ...(env['XDG_RUNTIME_DIR'] && { XDG_RUNTIME_DIR: env['XDG_RUNTIME_DIR'] }),
  };
}

/** Address of the install's demo model. */
export function demoModelUrl(install: Pick<Install, 'ports'>): string {
  return `http://127.0.0.1:${install.ports.demoModel}`;
}

/**
 * Environment of the node. The model service is known to the node alone: through its relay both the orchestrator and
 * sandboxes reach it, one way for all. Contract 03 sections 7, 10.
 */
export function nodeEnv(
  install: Pick<Install, 'paths' | 'runDir' | 'ports' | 'inference'>,
  env: Env,
): Record<string, string> {
  return { ...engineEnv(install, env), ...upstreamEnv(install) };
}

function upstreamEnv(install: Pick<Install, 'ports' | 'inference'>): Record<string, string> {
  const { path } = install.inference;
  switch (path.kind) {
    case 'none':
      return {};
    case 'ollama':
      return { OLLAMA_UPSTREAM_URL: path.url };
    case 'container':
      return { OLLAMA_IMAGE: path.image };
    case 'demo':
      return { OLLAMA_UPSTREAM_URL: demoModelUrl(install) };
  }
}

export function nodeConfigPath(install: Install): string {
  return join(install.paths.node, 'node.yaml');
}

/** The role processes of one machine in the order they start; the orchestrator holds the database, the node never sees it. */
export function roleSpecs(
  install: Install,
  secrets: InstallSecrets,
  databaseUrl: string,
  env: Env,
): {
  readonly demoModel?: RoleSpec;
  readonly orchestrator: RoleSpec;
  readonly node: RoleSpec;
} {
  const common = { program: process.execPath, cwd: install.paths.home };
  return {
    ...(install.inference.path.kind === 'demo' && { demoModel: demoModelSpec(install, env) }),
    orchestrator: {
      ...common,
      name: 'orchestrator',
      args: [join(install.checkout, orchestratorEntry), 'user-gateway', 'control-plane'],
      env: orchestratorEnv(install, secrets, databaseUrl, env),
      logPath: logPath(install.paths.logs, 'orchestrator'),
      stopTimeoutMs: 15_000,
    },
    node: {
      ...common,
      name: 'node',
      args: [join(install.checkout, nodeEntry), '--config', nodeConfigPath(install)],
      env: nodeEnv(install, env),
      logPath: logPath(install.paths.logs, 'node'),
      stopTimeoutMs: 30_000,
    },
  };
}

/** The stand-in for a model: it holds no secret and calls nobody. */
function demoModelSpec(install: Install, env: Env): RoleSpec {
  return {
    name: 'demo-model',
    program: process.execPath,
    args: [join(install.checkout, demoModelEntry)],
    env: { ...baseEnv(env), LISTEN_ADDR: `127.0.0.1:${install.ports.demoModel}` },
    cwd: install.paths.home,
    logPath: logPath(install.paths.logs, 'demo-model'),
    stopTimeoutMs: 10_000,
  };
}
