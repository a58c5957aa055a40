import { envFault, normaliseImageRef } from '@cynodeai/contracts/common';
import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../errors.ts';

/** What a task asks of the sandbox of its job. */
export interface SandboxWishes {
  /** As it was named: a short name may mean a variant that a node has. */
  readonly image?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** `sha256:…` of the folder that is the workspace. */
  readonly folder?: string;
  /** Names of its creator's secrets. */
  readonly secrets?: readonly string[];
  /** Name of its creator's workspace that is kept between tasks. */
  readonly workspace?: string;
}

const fields = ['image', 'env', 'secrets', 'folder', 'workspace'] as const;

function refuse(field: string, message: string): never {
  throw new OrchestratorError('input_invalid', message, { field });
}

/**
 * Reads what a new task asks of its sandbox. See docs/reference/tasks-and-jobs.md#create.
 * @throws OrchestratorError `input_invalid`, with no value of a variable in its words
 */
export function readSandboxWishes(request: CreateTaskRequest): SandboxWishes {
  const { image, env, secrets = [], folder, workspace, input_mode: mode = 'prompt' } = request;
  const first = fields.find((field) => request[field] !== undefined);
  if (first !== undefined && mode === 'prompt') {
    refuse(first, `${first} needs "input_mode": "script" or "commands"`);
  }
  if (image !== undefined && normaliseImageRef(image) === undefined) {
    refuse('image', 'image must be an image reference, such as debian:12 or a name made here');
  }
  const fault = env && envFault(env);
  if (fault !== undefined) refuse('env', fault);
  return {
    ...(image !== undefined && { image }),
    ...(env !== undefined && Object.keys(env).length > 0 && { env }),
    ...(folder !== undefined && { folder }),
    ...(secrets.length > 0 && { secrets: [...new Set(secrets)].toSorted() }),
    ...(workspace !== undefined && { workspace }),
  };
}

/** What a job was given of its task's wishes, as a new task asks for it. */
export function keptWishes(payload: SandboxWishes): Pick<CreateTaskRequest, keyof SandboxWishes> {
  return Object.fromEntries(
    fields.flatMap((field) => (payload[field] === undefined ? [] : [[field, payload[field]]])),
  );
}

/** What is shown of it: of variables the names alone. */
export interface ShownWishes {
  readonly image?: string;
  readonly envNames?: readonly string[];
  readonly secrets?: readonly string[];
  readonly folder?: string;
  readonly workspace?: string;
}

/** What of the wishes is kept to be shown. */
export function shownWishes(wishes: SandboxWishes): ShownWishes {
  const { image, env, secrets, folder, workspace } = wishes;
  return {
    ...(image !== undefined && { image }),
    ...(env !== undefined && { envNames: Object.keys(env).toSorted() }),
    ...(secrets !== undefined && { secrets }),
    ...(folder !== undefined && { folder }),
    ...(workspace !== undefined && { workspace }),
  };
}
