import { trimEnd } from '../std/index.ts';
import {
  defaultPorts,
  isCloudModel,
  limits,
  modelServiceUrlSchema,
  serviceUrlSchema,
} from '@cynodeai/contracts/common';
import { z } from 'zod';
import {
  type Environment,
  Secret,
  booleanField,
  durationField,
  integerField,
  listenField,
  secretField,
} from '../config/index.ts';
import { serverEnvironment } from './server.ts';
import { storageEnvironment } from './storage.ts';

/** 32 bytes as base64, for encryption at rest. */
const keyField = z.string().transform((text, context) => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 32) return new Secret(text);
  context.issues.push({
    code: 'custom',
    message: 'must be 32 bytes in base64, for example from: openssl rand -base64 32',
    input: text,
  });
  return z.NEVER;
});

const baseUrlField = serviceUrlSchema.transform((url) => trimEnd(url, '/'));
const nameField = z.string().min(1).max(limits.indexedTextChars);
const localModelField = nameField.refine((name) => !isCloudModel(name), {
  error: 'must name a model that runs here; one that ends in cloud is asked elsewhere',
});

/** Variables of the control plane. See docs/environment.md#orchestrator. */
export const controlPlaneEnvironment = {
  ...storageEnvironment,
  JWT_SECRET: {
    field: secretField(32),
    about: 'Key that signs the tokens of users and nodes, at least 32 bytes',
    required: true,
    secret: true,
  },
  NODE_REGISTRATION_PSK: {
    field: secretField(16),
    about: 'Key with which nodes register, at least 16 bytes',
    required: true,
    secret: true,
  },
  ORCHESTRATOR_SECRETS_KEY: {
    field: keyField,
    about: 'Key that encrypts the tokens of nodes at rest, 32 bytes in base64',
    required: true,
    secret: true,
  },
  BOOTSTRAP_ADMIN_PASSWORD: {
    field: secretField(),
    about: 'Password of the first administrator, `admin`; for the first start',
    unset: 'fails while there is none',
    secret: true,
  },
  ORCHESTRATOR_PUBLIC_URL: {
    field: baseUrlField,
    about: 'Where nodes find this control plane',
    default: `http://localhost:${defaultPorts.controlPlane}`,
  },
  WORKER_API_TARGET_URL: {
    field: baseUrlField,
    about: 'Address at which every node is called, instead of the one it reports',
    unset: 'none',
  },
  OLLAMA_BASE_URL: {
    field: modelServiceUrlSchema,
    about: 'Model service that the control plane asks by itself',
    unset: '`INFERENCE_URL`, else the relay of a node',
  },
  INFERENCE_URL: {
    field: modelServiceUrlSchema,
    about: 'The same, where `OLLAMA_BASE_URL` is unset',
    unset: 'the relay of a node',
  },
  INFERENCE_MODEL: {
    field: localModelField,
    about: 'Model of prompts while no Project Manager model is selected',
    default: 'qwen3.5:0.8b',
  },
  INFERENCE_TIMEOUT_SECONDS: {
    field: integerField(1, 3600),
    about: 'Longest time to the first word of a model in memory, seconds',
    default: '120',
  },
  SANDBOX_DEFAULT_IMAGE: {
    field: nameField,
    about: 'Image of jobs that name none',
    unset: '`docker.io/library/bash:latest`',
  },
  ORCHESTRATOR_BOOTSTRAP_FILE: {
    field: z.string().min(1),
    about: 'YAML file with settings that are stored at the start',
    unset: 'none',
  },
  AUDIT_SEAL_KEY_FILE: {
    field: z.string().min(1),
    about: 'Ed25519 key (PEM) that seals audit logs; where they ended is kept beside it',
    unset: 'nothing is sealed',
  },
  JWT_NODE_DURATION: {
    field: durationField(),
    about: 'How long the token of a node lasts before it registers again',
    default: '720h',
  },
  WORKFLOW_RUNNER_BEARER_TOKEN: {
    field: secretField(16),
    about: 'Token of what runs workflows, at least 16 bytes',
    unset: 'nobody may run workflows',
    secret: true,
  },
  WORKFLOW_RUNNER_URL: {
    field: baseUrlField,
    about: 'Where what runs workflows is told of tasks that wait for it',
    unset: 'it is told of none',
  },
  DISPATCH_POLL_INTERVAL: {
    field: durationField(),
    about: 'How often jobs are looked for that no notification told of',
    default: '1s',
  },
  DISPATCHER_ENABLED: {
    field: booleanField(),
    about: 'Whether this control plane hands out jobs',
    default: 'true',
  },
  DEMO_MODEL_REF: {
    field: nameField,
    about: 'Name of the stand-in model, set by `cynode` only',
    unset: 'no stand-in',
  },
  STOP_NODES_ON_EXIT: {
    field: booleanField(),
    about: 'Whether nodes are stopped with the last control plane',
    default: 'false',
  },
  CONTROL_PLANE_LISTEN_ADDR: {
    field: listenField(),
    about: 'Address the control plane listens on',
    unset: `\`LISTEN_ADDR\`, else \`0.0.0.0:${defaultPorts.controlPlane}\``,
  },
  CONTROL_PLANE_TLS_LISTEN_ADDR: {
    field: listenField(),
    about: 'Further address, behind TLS',
    unset: 'none',
  },
  ...serverEnvironment,
  MAX_REQUEST_BODY_MB: {
    field: integerField(1, 1024),
    about: 'Largest body of a request, MiB',
    default: '10',
  },
} as const satisfies Environment;
