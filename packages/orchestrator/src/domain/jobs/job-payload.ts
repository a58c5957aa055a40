import type { InputMode } from '@cynodeai/contracts/gateway';
import type { PromptErrorType } from './job-result.ts';

/** Where the bytes of an input file come from when the job is sent. */
export type InputFileSource =
  /** The text itself; small program parts the orchestrator made. */
  | { readonly kind: 'text'; readonly text: string }
  /** `tasks.prompt` of the job's task. */
  | { readonly kind: 'prompt' }
  /** The model request made from the task's prompt and attachments. */
  | {
      readonly kind: 'model_request';
      readonly model: string;
      /** Tokens of memory that the model is asked for. */
      readonly context_tokens: number;
    }
  /** A blob of the job's task. */
  | { readonly kind: 'artifact'; readonly artifact_id: string };

/** A file the node places in the workspace, as the row names it; resolved to bytes only when sent. */
export interface InputFileReference {
  /** Below `/workspace`. */
  readonly path: string;
  readonly mode: '0644' | '0755' | '0444';
  readonly source: InputFileSource;
}

/** What the dispatcher decided and met. See docs/reference/leases.md#which-one-is-chosen. */
export interface DispatchNote {
  /** How a prompt reaches a model; absent for raw work. See docs/reference/inference.md#prompts. */
  readonly path?: 'direct_url' | 'node_relay' | 'sandbox';
  /** Node of the last claim and why it was chosen. */
  readonly node_slug?: string;
  readonly reasons?: readonly string[];
  /** Why the job went back into the queue. */
  readonly last_error?: string;
  /** Ids of nodes that refused this job by a rule of their own. */
  readonly refused_by?: readonly string[];
  /** How often a node, by its id, said that it cannot start this job. */
  readonly refusals?: Readonly<Record<string, number>>;
  /** Claims that started nothing: not taken by a node, or a run under way was adopted. */
  readonly free_attempts?: number;
  /** Runs that were lost because their node ended. */
  readonly node_deaths?: number;
  /** Calls of a model that broke off, or met a service without the model. */
  readonly broken_calls?: number;
  /** Paths of files of the task for which the job had no room. */
  readonly left_out?: readonly string[];
  /** Number of the task's last event before the current run began: what was told later, that run said. */
  readonly told_from?: number;
  /** Why an agent canceled it. */
  readonly cancel_reason?: string;
}

interface JobPayloadBase {
  readonly input_mode: InputMode;
  readonly dispatch?: DispatchNote;
}

/**
 * The call of a model that failed before a prompt went to a sandbox.
 * See docs/reference/inference.md#prompts.
 */
export interface PromptFault {
  readonly job_id: string;
  readonly error_type: PromptErrorType;
  readonly error_message: string;
}

/** `jobs.payload` of work that runs in a sandbox. See docs/reference/database.md#work-tables. */
export interface SandboxJobPayload extends JobPayloadBase {
  readonly kind: 'sandbox';
  /** OCI reference; absent = the setting `sandbox.default_image` at dispatch. */
  readonly image?: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Names of secrets of the task's creator; their values are read when the job is sent. */
  readonly secrets?: readonly string[];
  readonly timeout_seconds?: number;
  readonly network_policy: 'none' | 'restricted';
  readonly use_inference: boolean;
  readonly input_files: readonly InputFileReference[];
  /** Paths of files of the task that it names, where an agent made it. */
  readonly first_files?: readonly string[];
  /** `sha256:…` of the folder that is its workspace. */
  readonly folder?: string;
  /** Name of the kept workspace it runs in; `jobs.workspace_id` is the one that was meant. */
  readonly workspace?: string;
  /** Set on the second job of a prompt. */
  readonly fallback_for?: PromptFault;
}

/** Words to a model, and whose they are. */
export interface JobMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** `jobs.payload` of a prompt: it goes to a model and never to a shell (REQ-ORCHES-0125). */
export interface InferenceJobPayload extends JobPayloadBase {
  readonly kind: 'inference';
  readonly target: 'local';
  /** What a model is asked, where an agent made it; else it is the task's prompt. */
  readonly messages?: readonly JobMessage[];
}

export type JobPayload = SandboxJobPayload | InferenceJobPayload;
