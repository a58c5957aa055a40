import { reservedEnvPattern } from '@cynodeai/contracts/common';
import type { InputFile, RunJobRequest } from '@cynodeai/contracts/worker-api';
import type { SandboxJobPayload } from './job-payload.ts';

/** A secret that a job is given. */
export interface JobSecret {
  readonly name: string;
  readonly value: string;
}

/** The kept workspace that a job was claimed with. See docs/reference/workspaces.md. */
export interface JobWorkspace {
  readonly id: string;
  /** A job has run in it, so that it must be there. */
  readonly isUsed: boolean;
  /** This claim chose its node: as long as nothing was begun there, another may be chosen. */
  readonly isPlacedNow: boolean;
}

/**
 * Image of a sandbox when neither the job nor a setting names one.
 * See docs/reference/inference.md#prompts.
 */
export const fallbackSandboxImage = 'docker.io/library/bash:latest';

export interface RunRequestInputs {
  readonly taskId: string;
  readonly jobId: string;
  readonly leaseId: string;
  readonly payload: SandboxJobPayload;
  readonly defaultImage: string;
  readonly timeoutSeconds: number;
  readonly inputFiles: readonly InputFile[];
  readonly secrets?: readonly JobSecret[];
  readonly workspace?: JobWorkspace | undefined;
}

/**
 * The body of `jobs:run`; names the node reserves are left out of the environment.
 * See docs/reference/tasks-and-jobs.md#input-modes and docs/reference/leases.md#claim-and-send.
 */
export function buildRunRequest(inputs: RunRequestInputs): RunJobRequest {
  const { payload, secrets = [], workspace } = inputs;
  const env = Object.entries(payload.env ?? {}).filter(([name]) => !reservedEnvPattern.test(name));
  return {
    version: 1,
    task_id: inputs.taskId,
    job_id: inputs.jobId,
    lease_id: inputs.leaseId,
    sandbox: {
      image: payload.image ?? inputs.defaultImage,
      command: [...payload.command],
      ...(env.length > 0 && { env: Object.fromEntries(env) }),
      ...(secrets.length > 0 && { secrets: secrets.map(({ name, value }) => ({ name, value })) }),
      timeout_seconds: inputs.timeoutSeconds,
      network_policy: payload.network_policy,
      use_inference: payload.use_inference,
      ...(inputs.inputFiles.length > 0 && { input_files: [...inputs.inputFiles] }),
      ...(payload.folder !== undefined && { folder: payload.folder }),
      ...(workspace !== undefined && {
        workspace: { workspace_id: workspace.id, must_exist: workspace.isUsed },
      }),
    },
  };
}
