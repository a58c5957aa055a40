import type { ContainerEngine } from '@cynodeai/contracts/common';
import type { SandboxCeiling } from '../domain/sandbox/ceiling.ts';

/**
 * What the probe found out about the engine; goes into the capability report.
 * See docs/reference/nodes.md#capability-report.
 */
export interface EngineFacts {
  readonly runtime: ContainerEngine;
  readonly version: string;
  /** Whether sandboxes run without root on the host. */
  readonly rootless: boolean;
  /** Whether this host could run them without root. */
  readonly rootlessSupported: boolean;
  readonly cgroupVersion: 'v1' | 'hybrid' | 'v2';
  readonly features: readonly string[];
  readonly ceiling: CeilingFacts;
  /** Why no sandbox here can be given a way to a model, in the engine's words; absent when one was, at the probe. */
  readonly wayObstacle?: string | undefined;
}

/**
 * What all sandboxes of the node may take together, or why there is no limit to it.
 * See docs/reference/sandbox.md#ceiling.
 */
export type CeilingFacts =
  ({ readonly kind: 'set' } & SandboxCeiling) | { readonly kind: 'none'; readonly reason: string };

/** A host directory or file shown inside a sandbox. */
export interface SandboxMount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}

/**
 * A network that holds nothing but its own loopback, with the node's model service on
 * `localhost:11434`. It serves one sandbox and is closed after it.
 * See docs/reference/sandbox.md#inference-inside.
 */
export interface SandboxNetwork {
  /** How this engine is told to put a container into it. */
  readonly mode: string;
  /** Ends what goes through it and removes it; repeating it is harmless. */
  close(): Promise<void>;
}

/** Serves the connections of a listener until it is closed; then none of them is left. */
export interface ServedListener {
  close(): Promise<void>;
}

/** Begins to serve a listener that lies in a sandbox's network. */
export type ServeListener = (listener: object) => ServedListener;

/** Who a network is for. */
export interface SandboxNetworkOwner {
  readonly jobId: string;
  /** Labels of what the engine makes for it. See docs/reference/sandbox.md#names-and-labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Time in seconds the sandbox may take at most; the engine's own limit lies above it. */
  readonly timeoutSeconds: number;
}

/** Where a running container is found on this host. */
export interface ContainerTrace {
  /** The layer it writes. */
  readonly layer?: string | undefined;
  /** Its first process. */
  readonly pid?: number | undefined;
}

/** One sandbox from creation to removal. See docs/reference/sandbox.md. */
export interface SandboxRunSpec {
  /** Container name, unique on the engine. */
  readonly name: string;
  readonly image: string;
  /** argv of the job; the engine adds no shell. */
  readonly command: readonly string[];
  /** Complete environment of the job beyond what the image sets. */
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly SandboxMount[];
  readonly workdir: string;
  /** User and group on the host; absent means the engine's unprivileged one. A rootless engine has only that. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** `/tmp`, MiB; it is in memory. Absent: what the image has. */
  readonly temporaryMb?: number;
  /** Limit in seconds counted from the container's start; the engine's own limit lies 30 s above it. */
  readonly timeoutSeconds: number;
  /** Absent means no network at all. */
  readonly network?: SandboxNetwork;
  /** What it writes may hold secrets that only this process knows: no later one goes on with it. */
  readonly isPrivate?: boolean;
}

/** A run that is there already. */
export type AdoptedRunSpec = Pick<SandboxRunSpec, 'name' | 'timeoutSeconds' | 'user'>;

/** Takes raw bytes of a stream in order; must not block. */
export interface OutputSink {
  /** `at`: when it was written, where that is known. */
  write(chunk: Uint8Array, at?: Date): void;
  /** So many bytes are missing here: between the beginning and the end of a long stream. */
  omit?(bytes: number): void;
}

export interface SandboxSinks {
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  /**
   * The same for those who listen while the job runs: only what is surely the job's. What might turn out to be the
   * engine's words about a job that did not run is left out, and is the job's only at its end.
   */
  readonly heard?: { readonly stdout: OutputSink; readonly stderr: OutputSink };
}

/** How a sandbox ended; the times span the container's run. */
export type SandboxExit = { readonly startedAt: Date; readonly endedAt: Date } &
  /** `oomKilled`: the kernel killed a process of it for want of memory, as far as the engine can tell. */
  (
    | { readonly kind: 'exited'; readonly exitCode: number; readonly oomKilled?: boolean }
    /** The command never ran: 125 engine or image fault, 126 not executable, 127 not found. */
    | {
        readonly kind: 'not_started';
        readonly exitCode: 125 | 126 | 127;
        readonly reason: string;
        /** The image or the workspace is not there, whatever was known of it. Goes into the result. */
        readonly errorType?: 'image_unavailable' | 'workspace_lost';
      }
    | { readonly kind: 'timed_out' }
    /** Ended by `stop` or by the signal; without an exit code when nobody knows it or it never ran. */
    | {
        readonly kind: 'stopped';
        readonly exitCode: number | undefined;
        /** The command never ran: whatever was written is not the job's. */
        readonly neverRan?: boolean;
      }
  );

/**
 * Runs sandboxes and removes them. Every adapter and fake passes the same suite.
 * See docs/reference/sandbox.md.
 */
export interface SandboxEngine {
  readonly facts: EngineFacts;
  /** Runs a throwaway container. @throws WorkerError `engine_unusable` with a reason that names the fix */
  check(signal?: AbortSignal): Promise<void>;
  /** Whether the image is present. @throws WorkerError `not_run` when the engine could not look */
  hasImage(ref: string): Promise<boolean>;
  /** Makes sure the image is present, pulling it within 600 s. @throws WorkerError `image_unavailable` */
  ensureImage(ref: string, signal?: AbortSignal): Promise<void>;
  /**
   * Makes the network of one sandbox, has its listener on `127.0.0.1:11434` served, and waits until the health check
   * was answered through it, 10 s at most.
   * @throws WorkerError `inference_unavailable`; the reason of the signal when that fired
   */
  openNetwork(
    owner: SandboxNetworkOwner,
    serve: ServeListener,
    signal: AbortSignal,
  ): Promise<SandboxNetwork>;
  /**
   * The same once more for a sandbox that runs and whose listener ended with the process that served it.
   * @throws WorkerError `inference_unavailable`; the reason of the signal when that fired
   */
  rejoinNetwork(name: string, serve: ServeListener, signal: AbortSignal): Promise<SandboxNetwork>;
  /**
   * Creates, starts, waits for and removes one container; resolves when nothing of it is left.
   * An aborted signal kills it without grace.
   * @throws WorkerError `container_resists` when it could not be removed, `internal` when the engine cannot be started,
   *   `memory_short` when the kernel ended its start for want of memory, `start_lost` when it was lost otherwise
   */
  run(spec: SandboxRunSpec, sinks: SandboxSinks, signal?: AbortSignal): Promise<SandboxExit>;
  /**
   * Goes on with a run that an earlier process of the node began and that is kept: hands on its output from the
   * beginning, holds its limit from its own start, and ends like `run`. A signal that has fired before it is found kills
   * it without grace.
   * @throws WorkerError `start_lost` where nothing is kept of it, and those of `run`
   */
  adopt(spec: AdoptedRunSpec, sinks: SandboxSinks, signal?: AbortSignal): Promise<SandboxExit>;
  /** Names of the runs that `adopt` would take. */
  kept(): Promise<ReadonlySet<string>>;
  /** The end of a run is stored: nothing of it is kept any more, and nobody adopts it. */
  forget(name: string): void;
  /**
   * Ends the named run of this process: SIGTERM, grace, kill. Nothing happens when it has ended already;
   * a run that is still being created is ended as soon as it exists. Resolves when the run is over.
   * @throws WorkerError `container_resists`
   */
  stop(name: string, graceSeconds: number): Promise<void>;
  /** Folder on this host that layers lie in; undefined where they are out of reach. */
  readonly layersDir: string | undefined;
  /** Where a run of this process leaves what it writes, as far as it can be told within `limitMs`. */
  traceOf(name: string, limitMs: number): Promise<ContainerTrace>;
  /**
   * Removes every container that carries this node's label, what is left of such in the storage and the processes
   * that watched over them, and gives their names; those that live and those of others are left alone.
   */
  removeLeftovers(nodeSlug: string, lives?: (name: string) => boolean): Promise<readonly string[]>;
  /** Removes a directory tree, also with files of mapped sub-uids or without permissions. */
  removeTree(path: string): Promise<void>;
  /** Makes a tree readable for this process, also files of mapped sub-uids or without permissions; follows no link. */
  openTree(path: string): Promise<void>;
}
