import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import {
  containerEngines,
  modelServiceUrlSchema,
  nodeSlugSchema,
  serviceUrlSchema,
} from '@cynodeai/contracts/common';
import { z } from 'zod';
import {
  type Environment,
  type ListenAddress,
  integerField,
  listenField,
  secretField,
} from '../config/index.ts';

const absolutePath = z.string().refine(isAbsolute, 'must be an absolute path');

/** The engine that runs sandboxes, by variable or by file. */
export const containerEngineField = z.enum(containerEngines, {
  error: () => `must be ${containerEngines.join(' or ')}`,
});

/** Variables that decide which container engine is driven, and where it keeps what it has. */
export const engineEnvironment = {
  CONTAINER_RUNTIME: {
    field: containerEngineField,
    about: `Container engine: ${containerEngines.join(' or ')}`,
    unset: '`sandbox.runtime`, else `podman`',
  },
  DOCKER_HOST: {
    field: z.string(),
    about: 'Socket of the Docker daemon, on this machine',
    unset: '`unix:///var/run/docker.sock`',
  },
  CYNODE_STATE_DIR: {
    field: absolutePath,
    about: 'Folder of the node: jobs, results, storage of the private Podman',
    unset: '`storage.state_dir`, else `/var/lib/cynode/state`',
  },
  CYNODE_RUN_DIR: {
    field: absolutePath,
    about: 'Short folder for sockets of the private Podman',
    unset: 'a folder below `XDG_RUNTIME_DIR`, `/run` or `/tmp`',
  },
  NODE_SANDBOXES_MEMORY_MB: {
    field: integerField(64, 16_777_216),
    about: 'Memory of all sandboxes, MiB',
    unset: '80 % of the machine',
  },
  NODE_SANDBOXES_PROCESSES: {
    field: integerField(32, 4_194_304),
    about: 'Processes of all sandboxes',
    unset: "half of the kernel's",
  },
  XDG_RUNTIME_DIR: {
    field: absolutePath,
    about: 'Runtime folder of the user, with the session bus of rootless Podman',
    unset: 'none',
  },
} as const satisfies Environment;

/**
 * Variables of the node; each beats its key in the startup file.
 * See docs/environment.md#node.
 */
export const nodeEnvironment = {
  ORCHESTRATOR_URL: {
    field: serviceUrlSchema,
    about: 'Base URL of the control plane',
    unset: '`orchestrator.url`',
  },
  NODE_SLUG: {
    field: nodeSlugSchema,
    about: 'Id of the node',
    unset: '`node.id`',
  },
  NODE_NAME: {
    field: z.string(),
    about: 'Name of the node for people',
    unset: '`node.name`',
  },
  NODE_REGISTRATION_PSK: {
    field: secretField(),
    about: 'Key with which the node registers',
    unset: 'what `orchestrator.registration_psk_env` or `registration_psk_file` names',
    secret: true,
  },
  NODE_ADVERTISED_WORKER_API_URL: {
    field: serviceUrlSchema,
    about: 'Address under which the orchestrator finds the Worker API',
    unset: '`worker_api.public_base_url`, else the host name',
  },
  LISTEN_ADDR: {
    field: listenField().refine(
      (address: ListenAddress) => address.port > 0,
      'must name a port from 1 to 65535',
    ),
    about: 'Address the Worker API listens on',
    unset: '`worker_api.listen_host` and `listen_port`, else `0.0.0.0:12090`',
  },
  ...engineEnvironment,
  CYNODE_SANDBOX_MOUNT_ROOT: {
    field: absolutePath,
    about: 'Folder with the workspaces of jobs',
    unset: '`sandbox.mount_root`, else `sandbox_mounts` in the state folder',
  },
  NODE_SANDBOX_DISK_MB: {
    field: integerField(16, 1_073_741_824),
    about: 'Disk of one job, MiB',
    unset: 'a share of what is free',
  },
  NODE_WORKSPACE_MB: {
    field: integerField(16, 1_073_741_824),
    about: 'A workspace that is kept between jobs, MiB',
    default: '10240',
  },
  NODE_SANDBOX_TMP_MB: {
    field: integerField(1, 16_777_216),
    about: '`/tmp` of one job, in memory, MiB',
    unset: 'a share of the memory of sandboxes, 1024 at most',
  },
  NODE_SANDBOX_FIRST_UID: {
    field: integerField(100_000, 2_147_000_000),
    about: 'First of the 65536 users of jobs under a rootful engine',
    default: '1900000000',
  },
  NODE_SHUTDOWN_GRACE_SECONDS: {
    field: integerField(0, 300),
    about: 'How long running jobs may take to end when the node stops, seconds',
    default: '10',
  },
  OLLAMA_UPSTREAM_URL: {
    field: modelServiceUrlSchema,
    about: 'Model service the node uses',
    unset: 'the one at `OLLAMA_PORT` of this host',
  },
  OLLAMA_PORT: {
    field: integerField(1, 65_535),
    about: 'Port of the model service of this host, found or own',
    default: '11434',
  },
  OLLAMA_IMAGE: {
    field: z.string(),
    about: 'Image of the own model service',
    unset: 'what the orchestrator orders',
  },
  OLLAMA_BIND_ADDR: {
    field: z.string().refine((address) => isIP(address) !== 0, 'must be an IP address'),
    about: 'Address at which the own model service is published',
    default: '127.0.0.1',
  },
  OLLAMA_CONTAINER_NAME: {
    field: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{1,127}$/, 'must be a container name'),
    about: 'Name of the container of the own model service',
    default: 'cynodeai-ollama',
  },
} as const satisfies Environment;
