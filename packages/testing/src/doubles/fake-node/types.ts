import type { RunJobResult } from '@cynodeai/contracts/common';
import type { NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import type { ModelList, RunJobRequest, StopJobRequest } from '@cynodeai/contracts/worker-api';
import type { SigningKey } from '@cynodeai/runtime/crypto';
import type { NodeSession } from './registration.ts';
import type { Said } from './said.ts';

/** What a run came to; `hang up`: it ended well, but every connection was cut before the answer left. */
export type RunAnswer =
  { readonly [F in keyof RunJobResult]?: RunJobResult[F] | undefined } | 'hang up';

export interface FakeNodeOptions {
  readonly slug: string;
  /** Registration key; the one tests use unless told. */
  readonly psk?: string;
  readonly maxConcurrency?: number;
  /**
   * What `jobs:run` does; a clean exit unless told. The signal fires when the job is stopped. Throw a ProblemError to
   * refuse.
   */
  readonly onRun?: (
    request: RunJobRequest,
    stopped: AbortSignal,
    /** Writes to the job's standard output, for whoever listens; the answer holds all of it again. */
    say: (text: string) => void,
  ) => Promise<RunAnswer> | RunAnswer;
  /** What an upload of an input file does; it is taken unless told. Throw a ProblemError to refuse. */
  readonly onStage?: (file: StagedUpload) => Promise<void> | void;
  /** The archive of what a job left; there is none unless told. Throw a ProblemError to refuse. */
  readonly onArtifacts?: (jobId: string) => AsyncIterable<Uint8Array>;
  /** What `jobs:stop` answers; whether the job runs unless told. */
  readonly onStop?: (request: StopJobRequest) => 'stopping' | 'not_running';
  readonly report?: Partial<NodeCapabilityReport>;
  /** Base URL of the model service behind the node's relay; without one the node has no relay. */
  readonly upstream?: () => string;
  /** What `models:load` does with a model the node does not have; it stays `loading` unless told. Throw to refuse. */
  readonly onLoad?: (modelRef: string) => FakeModel | Promise<FakeModel>;
}

/** A model as the fake node lists it. */
export type FakeModel = Omit<ModelList['models'][number], 'model_ref'>;

/** An input file that came ahead of its job, or the archive of its folder, whose `path` is the folder's name. */
export interface StagedUpload {
  readonly jobId: string;
  readonly path: string;
  readonly mode: string | undefined;
  readonly bytes: Buffer;
}

export interface FakeNode extends AsyncDisposable {
  readonly slug: string;
  /** Its identity, by which it registers. */
  readonly key: SigningKey;
  readonly url: string;
  /** Every body of `jobs:run` with the right token, in order of arrival. */
  readonly runs: RunJobRequest[];
  /** Input files that were taken, in order. */
  readonly uploads: StagedUpload[];
  /** Jobs that took a folder of an earlier one, and its name. */
  readonly reused: [string, string][];
  /** Ids of jobs whose work was really started, in order: the outside witness of what ran how often. */
  readonly executed: string[];
  readonly stops: StopJobRequest[];
  /** Ids of jobs that were asked about, and of acknowledged ones, in order. */
  readonly asked: string[];
  readonly acked: string[];
  stopAlls: number;
  /** Models of every `models:load`, in order; how often the list was asked for. */
  readonly loads: string[];
  lists: number;
  /** Models by name: what the list answers. */
  readonly models: Map<string, FakeModel>;
  /** Ids of the workspaces it keeps between jobs. */
  readonly workspaces: Set<string>;
  /** Jobs the node knows: running, or with a result nobody acknowledged. */
  readonly kept: ReadonlyMap<string, KeptJob>;
  /** Bearer tokens that arrived, right or wrong. */
  readonly tokensSeen: Set<string>;
  /** Token of the last fetched configuration. */
  token: string | undefined;
  report(extra?: Record<string, unknown>): NodeCapabilityReport;
  /** Register, fetch, acknowledge. */
  join(controlPlane: string): Promise<NodeSession>;
  /** Connections are still accepted, but nothing is answered any more, as behind a partition. */
  freeze(): void;
  thaw(): void;
  /** Ends like a killed process and comes back on the same port with what it had stored. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** A job on the node, by its id. */
export interface KeptJob {
  readonly taskId: string;
  readonly leaseId: string | undefined;
  readonly workspaceId: string | undefined;
  result: RunJobResult | undefined;
  readonly ended: Promise<void>;
  /** Fires when it is stopped. */
  readonly stop: AbortController;
  readonly said: Said;
}
