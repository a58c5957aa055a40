import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Startup, loadStartup } from './load-startup.ts';

const enough = {
  ORCHESTRATOR_URL: 'http://127.0.0.1:12082/',
  NODE_SLUG: 'node-a',
  NODE_REGISTRATION_PSK: 'the-shared-key',
};

describe('the startup of a node', () => {
  let dir: string;
  const load = async (yaml: string, env: Record<string, string> = {}): Promise<Startup> => {
    const path = join(dir, 'node.yaml');
    await writeFile(path, yaml);
    return loadStartup(env, path);
  };
  const faultsOf = async (yaml: string, env: Record<string, string> = {}): Promise<string> => {
    try {
      await load(yaml, env);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('the startup was accepted');
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cynode-startup-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it.each([
    ['http://127.0.0.1:12082', 0],
    ['http://localhost:12082', 0],
    ['http://[::1]:12082', 0],
    ['https://orchestrator.example.org', 0],
    ['http://orchestrator.example.org', 1],
    ['http://10.0.0.1:12082', 1],
  ])('of an orchestrator at %s there are %i warnings that it is plain http', async (url, count) => {
    const { warnings } = await loadStartup({ ...enough, ORCHESTRATOR_URL: url }, false);
    expect(warnings.filter((warning) => warning.includes('plain http'))).toHaveLength(count);
  });

  it('needs no file when the environment says enough', async () => {
    const { settings, psk, warnings, secretVariables } = await loadStartup(enough, false);
    expect(settings).toEqual({
      orchestratorUrl: 'http://127.0.0.1:12082',
      slug: 'node-a',
      connectTimeoutMs: 5000,
      requestTimeoutMs: 30_000,
      labels: [],
      listen: { host: '0.0.0.0', port: 12_090 },
      sandbox: {
        mode: 'allow',
        runtime: 'podman',
        rootless: true,
        maxConcurrency: 4,
        defaultTimeoutSeconds: 3600,
        maxTimeoutSeconds: 10_800,
        mountRoot: '/var/lib/cynode/state/sandbox_mounts',
        ceiling: {},
        workspaceMb: 10_240,
        firstUid: 1_900_000_000,
      },
      inferenceMode: 'allow',
      ollama: {
        port: 11_434,
        bindAddress: '127.0.0.1',
        containerName: 'cynodeai-ollama',
        allowGpu: true,
      },
      stateDir: '/var/lib/cynode/state',
      artifactsDir: '/var/lib/cynode/state/artifacts',
      logLevel: 'info',
      shutdownGraceMs: 10_000,
      reportIntervalMs: 60_000,
    });
    expect(psk.reveal()).toBe('the-shared-key');
    expect(warnings.join()).toContain('NODE_ADVERTISED_WORKER_API_URL');
    expect(secretVariables).toContain('NODE_REGISTRATION_PSK');
  });

  it('reads every documented key and lets the environment beat it', async () => {
    await writeFile(join(dir, 'psk'), 'key-of-the-file\n');
    const yaml = `
version: 1
orchestrator:
  url: http://yaml:1
  registration_psk_file: ${join(dir, 'psk')}
  timeouts: { connect_seconds: 2, request_seconds: 7 }
  tls: {}
node: { id: from-yaml, name: Yaml, labels: [gpu, trusted], metadata: { rack: 7 } }
worker_api: { listen_host: 127.0.0.1, listen_port: 12091, public_base_url: 'http://yaml:12091', max_request_bytes: 5000 }
sandbox:
  mode: sandbox_only
  runtime: podman
  rootless: false
  max_concurrency: 2
  default_image: tools
  allowed_images: [tools]
  default_network_policy: allowlist
  allowed_egress_domains: [example.org]
  resources: {}
  timeouts: { default_seconds: 60, max_seconds: 120 }
  mount_root: /srv/mounts
  mounts: { allowed_host_paths: [/data], read_only_by_default: true }
  security: { allow_privileged: false, allow_host_network: false, allow_device_mounts: false }
inference: { mode: disabled, max_concurrency: 1, allow_gpu: false }
storage: { state_dir: /srv/state, cache_dir: /srv/cache, artifacts_dir: /srv/artifacts }
logging: { level: debug, format: json }
updates: { enable_dynamic_config: true, poll_interval_seconds: 60, allow_service_restart: true, report_interval_seconds: 15 }
`;
    const { settings, psk, warnings } = await load(yaml, {
      ORCHESTRATOR_URL: 'https://env:2/base/',
      NODE_NAME: 'Env',
      LISTEN_ADDR: '[::1]:13000',
      CYNODE_STATE_DIR: '/env/state',
      CYNODE_RUN_DIR: '/env/run',
      XDG_RUNTIME_DIR: '/run/user/1000',
      NODE_ADVERTISED_WORKER_API_URL: 'http://env:13000/',
      NODE_SHUTDOWN_GRACE_SECONDS: '3',
      CONTAINER_RUNTIME: '',
      OLLAMA_UPSTREAM_URL: 'http://model:1/',
      OLLAMA_IMAGE: 'registry.example/ollama:1',
      OLLAMA_PORT: '11500',
      OLLAMA_BIND_ADDR: '10.0.0.1',
      OLLAMA_CONTAINER_NAME: 'my-ollama',
    });
    expect(settings).toEqual({
      orchestratorUrl: 'https://env:2/base',
      slug: 'from-yaml',
      name: 'Env',
      connectTimeoutMs: 2000,
      requestTimeoutMs: 7000,
      labels: ['gpu', 'trusted'],
      listen: { host: '::1', port: 13_000 },
      publicBaseUrl: 'http://env:13000',
      maxRequestBytes: 5000,
      sandbox: {
        mode: 'sandbox_only',
        runtime: 'podman',
        rootless: false,
        maxConcurrency: 2,
        defaultImage: 'tools',
        allowedImages: ['tools'],
        defaultNetworkPolicy: 'allowlist',
        defaultTimeoutSeconds: 60,
        maxTimeoutSeconds: 120,
        mountRoot: '/srv/mounts',
        ceiling: {},
        workspaceMb: 10_240,
        firstUid: 1_900_000_000,
      },
      inferenceMode: 'disabled',
      inferenceMaxConcurrency: 1,
      ollama: {
        upstreamUrl: 'http://model:1',
        image: 'registry.example/ollama:1',
        port: 11_500,
        bindAddress: '10.0.0.1',
        containerName: 'my-ollama',
        allowGpu: false,
      },
      stateDir: '/env/state',
      artifactsDir: '/srv/artifacts',
      runDir: '/env/run',
      userRuntimeDir: '/run/user/1000',
      logLevel: 'debug',
      shutdownGraceMs: 3000,
      reportIntervalMs: 15_000,
    });
    expect(psk.reveal()).toBe('key-of-the-file');
    expect(warnings).toHaveLength(2);
  });

  it('names every fault of file and environment at once, and no value', async () => {
    const message = await faultsOf(
      `
version: 2
orchestrator: { url: 'ftp://nowhere-at-all' }
sandbox: { max_concurency: 3, max_concurrency: 0, mount_root: relative/path }
surprise: true
`,
      { LISTEN_ADDR: 'not-an-address', CYNODE_STATE_DIR: 'relative' },
    );
    for (const part of [
      'version: must be 1',
      'orchestrator.url:',
      'sandbox.max_concurency: unknown key',
      'sandbox.max_concurrency:',
      'sandbox.mount_root: must be an absolute path',
      'surprise: unknown key',
      'LISTEN_ADDR: must be a listen address',
      'CYNODE_STATE_DIR: must be an absolute path',
    ]) {
      expect(message).toContain(part);
    }
    expect(message).not.toMatch(/nowhere-at-all|not-an-address/);
  });

  it.each([
    ['inference: { mode: demand }', 'inference.mode: Invalid option'],
    ['sandbox: { resources: { max_pids: 5 } }', 'sandbox.resources.max_pids: is not supported'],
    ['logging: { format: text }', 'logging.format: text is not supported by this version'],
    ['logging: { file_path: /var/log/x }', 'logging.file_path: is not supported'],
    ['orchestrator: { tls: { pinned_sha256: ab } }', 'orchestrator.tls.pinned_sha256: is not'],
    ['sandbox: { runtime: lxc }', 'sandbox.runtime: must be podman or docker'],
  ])('refuses %s instead of ignoring it', async (yaml, expected) => {
    expect(await faultsOf(`version: 1\n${yaml}\n`, enough)).toContain(expected);
  });

  it('takes inference.mode require (REQ-WORKER-0122)', async () => {
    const { settings } = await load('version: 1\ninference: { mode: require }\n', enough);
    expect(settings.inferenceMode).toBe('require');
  });

  it('warns loudly of a model service for everyone', async () => {
    const warned = async (address: string): Promise<string> =>
      (await load('version: 1\n', { ...enough, OLLAMA_BIND_ADDR: address })).warnings.join('\n');
    for (const address of ['0.0.0.0', '::', '203.0.113.9', '2001:db8::1']) {
      expect(await warned(address)).toContain(`OLLAMA_BIND_ADDR ${address} lets anyone`);
    }
    for (const address of ['127.0.0.1', '::1', '10.88.0.1', '172.17.0.1', 'fd00::1']) {
      expect(await warned(address)).not.toContain('OLLAMA_BIND_ADDR');
    }
  });

  it.each([
    ['OLLAMA_UPSTREAM_URL', 'ftp://model:1'],
    ['OLLAMA_UPSTREAM_URL', 'http://model:1/v1'],
    ['OLLAMA_UPSTREAM_URL', 'https://model:1/api/'],
    ['OLLAMA_UPSTREAM_URL', 'http://me:word@model:1'],
    ['OLLAMA_PORT', '0'],
    ['OLLAMA_BIND_ADDR', 'bridge0'],
    ['OLLAMA_CONTAINER_NAME', '--privileged'],
  ])('refuses a %s that cannot be used', async (name, value) => {
    const message = await faultsOf('version: 1\n', { ...enough, [name]: value });
    expect(message).toContain(`${name}: must be`);
    expect(message).not.toContain(value);
  });

  it('takes docker from either source, and where its daemon listens (REQ-WORKER-0103)', async () => {
    const dockerHost = 'unix:///run/user/1000/docker.sock';
    const env = { ...enough, CONTAINER_RUNTIME: 'docker', DOCKER_HOST: dockerHost };
    const { settings } = await loadStartup(env, false);
    expect([settings.sandbox.runtime, settings.dockerHost]).toEqual(['docker', dockerHost]);
    const yaml = await load('version: 1\nsandbox: { runtime: docker }\n', enough);
    expect(yaml.settings.sandbox.runtime).toBe('docker');
  });

  it('refuses another container runtime', async () => {
    const env = { ...enough, CONTAINER_RUNTIME: 'lxc' };
    await expect(loadStartup(env, false)).rejects.toThrow('must be podman or docker');
  });

  it('refuses a listen address without a port', async () => {
    const env = { ...enough, LISTEN_ADDR: '127.0.0.1:0' };
    await expect(loadStartup(env, false)).rejects.toThrow('must name a port');
  });

  it('says what is missing when neither source has it', async () => {
    await expect(loadStartup({}, false)).rejects.toThrow(
      /ORCHESTRATOR_URL.*\n.*NODE_SLUG.*\n.*NODE_REGISTRATION_PSK/,
    );
  });

  it('finds the key by its own variable, the named one, then the named file', async () => {
    const file = join(dir, 'psk');
    await writeFile(file, 'of-the-file');
    const yaml = `version: 1\norchestrator: { registration_psk_env: MY_KEY, registration_psk_file: ${file} }\n`;
    const { NODE_REGISTRATION_PSK: _key, ...identity } = enough;
    const pskOf = async (env: Record<string, string>): Promise<string> =>
      (await load(yaml, { ...identity, ...env })).psk.reveal();
    expect(await pskOf({ MY_KEY: 'named', NODE_REGISTRATION_PSK: 'own' })).toBe('own');
    expect(await pskOf({ MY_KEY: 'named' })).toBe('named');
    expect(await pskOf({})).toBe('of-the-file');
    await writeFile(file, ' \n');
    await expect(pskOf({})).rejects.toThrow('is empty');
    await rm(file);
    await expect(pskOf({})).rejects.toThrow('cannot be read');
    const named = 'version: 1\norchestrator: { registration_psk_env: MY_KEY }\n';
    expect(await faultsOf(named, identity)).toContain('set MY_KEY');
    expect((await load(named, { ...identity, MY_KEY: 'k' })).secretVariables).toContain('MY_KEY');
  });

  it('reads the key that its orchestrator must prove to hold, and goes on without one', async () => {
    const file = join(dir, 'proof');
    const yaml = `version: 1\norchestrator: { proof_key_file: ${file} }\n`;
    expect(await faultsOf(yaml, enough)).toContain('proof cannot be read');
    await writeFile(file, '\n');
    expect(await faultsOf(yaml, enough)).toContain("must hold the key of the orchestrator's proof");
    await writeFile(file, 'the-key\n');
    expect((await load(yaml, enough)).proofKey?.reveal()).toBe('the-key');
    expect((await load('version: 1\n', enough)).proofKey).toBeUndefined();
  });

  it('reads the authorities of its orchestrator, and the address behind TLS', async () => {
    const file = join(dir, 'ca.pem');
    const yaml = `version: 1\norchestrator: { tls: { ca_bundle_path: ${file} } }\nworker_api: { tls_listen: '192.0.2.7:12090' }\n`;
    expect(await faultsOf(yaml, enough)).toContain('the certificate of the orchestrator');
    await writeFile(file, 'a certificate\n');
    const { authorities, settings } = await load(yaml, enough);
    expect(authorities).toBe('a certificate');
    expect(settings.tlsListen).toEqual({ host: '192.0.2.7', port: 12_090 });
    const wrong = 'version: 1\nworker_api: { tls_listen: nowhere }\n';
    expect(await faultsOf(wrong, enough)).toContain('must be a listen address');
  });

  it('refuses a file that is missing, empty or not YAML', async () => {
    await expect(loadStartup(enough, join(dir, 'none.yaml'))).rejects.toThrow('cannot be read');
    expect(await faultsOf('', enough)).toContain('node.yaml: file:');
    expect(await faultsOf('a: [', enough)).toContain('not valid YAML');
  });
});
