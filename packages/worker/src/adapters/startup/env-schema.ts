import { nodeSlugSchema } from '@cynodeai/contracts/control-plane';
import { containerEngines, serviceUrlSchema } from '@cynodeai/contracts/common';
import {
  type Env,
  type ListenAddress,
  integerField,
  listenField,
  parseEnv,
  secretField,
} from '@cynodeai/runtime/config';
import { messageOf } from '@cynodeai/runtime/std';
import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';

const absolutePath = z.string().refine(isAbsolute, 'must be an absolute path');

/** The engine that runs sandboxes, by variable or by file. */
export const runtimeField = z.enum(containerEngines, {
  error: () => `must be ${containerEngines.join(' or ')}`,
});

/** Variables of the node; each beats its YAML key. Contract 03 section 10. */
export const nodeEnvSchema = z.object({
  ORCHESTRATOR_URL: serviceUrlSchema.optional(),
  NODE_SLUG: nodeSlugSchema.optional(),
  NODE_NAME: z.string().optional(),
  NODE_REGISTRATION_PSK: secretField().optional(),
  NODE_ADVERTISED_WORKER_API_URL: serviceUrlSchema.optional(),
  LISTEN_ADDR: listenField()
    .refine((address: ListenAddress) => address.port > 0, 'must name a port from 1 to 65535')
    .optional(),
  CONTAINER_RUNTIME: runtimeField.optional(),
  OLLAMA_UPSTREAM_URL: serviceUrlSchema
    .refine((url) => url.startsWith('http:'), 'must be an http URL')
    .optional(),
  OLLAMA_IMAGE: z.string().optional(),
  OLLAMA_PORT: integerField(1, 65_535).optional(),
  OLLAMA_BIND_ADDR: z
    .string()
    .refine((address) => isIP(address) !== 0, 'must be an IP address')
    .optional(),
  OLLAMA_CONTAINER_NAME: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{1,127}$/, 'must be a container name')
    .optional(),
  DOCKER_HOST: z.string().optional(),
  CYNODE_STATE_DIR: absolutePath.optional(),
  CYNODE_RUN_DIR: absolutePath.optional(),
  CYNODE_SANDBOX_MOUNT_ROOT: absolutePath.optional(),
  NODE_SHUTDOWN_GRACE_SECONDS: integerField(0, 300).optional(),
  XDG_RUNTIME_DIR: absolutePath.optional(),
});

export type NodeEnv = z.infer<typeof nodeEnvSchema>;

/** The node's variables, or what is wrong with them, one line a fault. */
export function readNodeEnv(env: Env): NodeEnv | { readonly faults: readonly string[] } {
  try {
    return parseEnv(nodeEnvSchema, env);
  } catch (error) {
    return { faults: messageOf(error).split('\n') };
  }
}
