import type { ContainerEngine } from '@cynodeai/contracts/common';
import type { CeilingWish } from '../sandbox/ceiling.ts';

/**
 * Whether and for what the node offers sandboxes. See docs/reference/nodes.md#settings-of-a-node.
 */
export type SandboxMode = 'allow' | 'sandbox_only' | 'disabled';

/**
 * Network policies an operator may name; `allowlist` acts as `none` until there is a web egress
 * proxy. See docs/reference/sandbox.md#network.
 */
export type NetworkPolicy = 'restricted' | 'none' | 'allowlist';

/** Sandbox part of the startup settings. Counts and seconds are 1 or more. */
export interface SandboxSettings {
  readonly mode: SandboxMode;
  readonly runtime: ContainerEngine;
  readonly rootless: boolean;
  readonly maxConcurrency: number;
  readonly defaultImage?: string;
  /** Absent means no local restriction; empty means nothing is allowed. */
  readonly allowedImages?: readonly string[];
  /** Absent when the operator names none. */
  readonly defaultNetworkPolicy?: NetworkPolicy;
  readonly defaultTimeoutSeconds: number;
  readonly maxTimeoutSeconds: number;
  /** Absolute path below which job directories are made. */
  readonly mountRoot: string;
  /** What all sandboxes together may take, where it is not to follow from the machine. */
  readonly ceiling: Omit<CeilingWish, 'maxConcurrency'>;
  /** Disk of one job, MiB, where it is not to follow from the disk. */
  readonly diskMb?: number;
  /** A workspace that is kept between jobs, MiB. */
  readonly workspaceMb: number;
  /** `/tmp` of one job, MiB, where it is not to follow from the memory. */
  readonly temporaryMb?: number;
  /** The first of the users of jobs under a rootful engine. */
  readonly firstUid: number;
}

/**
 * The operator's word on inference: `require` asks the orchestrator for it also where it would not
 * order it. See docs/reference/nodes.md#capability-report.
 */
export type InferenceMode = 'allow' | 'disabled' | 'require';

/**
 * Where the model service is, and how the node's own one runs.
 * See docs/reference/inference.md#model-service-of-a-node.
 */
export interface OllamaSettings {
  /** A service somebody else runs, by http URL without a trailing slash. */
  readonly upstreamUrl?: string;
  readonly port: number;
  /** Image when the configuration names none. */
  readonly image?: string;
  /** Address the own container is published on. */
  readonly bindAddress: string;
  readonly containerName: string;
  readonly allowGpu: boolean;
}

/**
 * What the operator set for this node by YAML and environment, defaults filled in; holds no secret.
 * See docs/reference/nodes.md#settings-of-a-node.
 */
export interface NodeSettings {
  /** Base URL of the control-plane without a trailing slash. */
  readonly orchestratorUrl: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly slug: string;
  readonly name?: string;
  readonly labels: readonly string[];
  readonly listen: { readonly host: string; readonly port: number };
  /** A further address, behind TLS, for an orchestrator on another machine. */
  readonly tlsListen?: { readonly host: string; readonly port: number };
  /** URL the orchestrator should dial; without it one is made from the host name. */
  readonly publicBaseUrl?: string;
  readonly maxRequestBytes?: number;
  readonly sandbox: SandboxSettings;
  readonly inferenceMode: InferenceMode;
  readonly ollama: OllamaSettings;
  /** Requests that may make a model work at the same time, 1 or more; absent means no limit. */
  readonly inferenceMaxConcurrency?: number;
  readonly stateDir: string;
  /** Where what jobs leave is kept until the orchestrator has it. */
  readonly artifactsDir: string;
  /** Short folder for sockets and volatile files; absent means one of the user's runtime folders. */
  readonly runDir?: string;
  /** The user's own runtime folder as the session manager made it. */
  readonly userRuntimeDir?: string;
  /** DOCKER_HOST: where the Docker daemon listens; absent means its usual socket. */
  readonly dockerHost?: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /**
   * Time sandboxes get between SIGTERM and kill when the node stops.
   * See docs/reference/nodes.md#shutdown-of-a-node.
   */
  readonly shutdownGraceMs: number;
  readonly reportIntervalMs: number;
}
