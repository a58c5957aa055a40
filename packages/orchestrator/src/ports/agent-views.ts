import type {
  AgentArtifact,
  AgentImage,
  AgentJob,
  AgentModel,
  AgentProject,
  AgentTask,
  Verification,
} from '@cynodeai/contracts/mcp';
import type { PagePosition } from '../domain/tasks/page-cursor.ts';
import type { StoredTaskStatus } from '../domain/tasks/task-status.ts';
import type { JobMemory } from './tool-effects.ts';

/** Whose tasks or projects are seen: everybody's, or those of a user and of some projects. */
export type Visible = 'all' | { readonly userId: string; readonly projectIds: readonly string[] };

export interface AgentTaskQuery {
  readonly visible: Visible;
  readonly status: StoredTaskStatus | undefined;
  readonly projectId: string | undefined;
  readonly after: PagePosition | undefined;
  readonly limit: number;
}

/** Tasks as agents see them. */
export interface AgentTaskReader {
  find(taskId: string): Promise<AgentTask | undefined>;
  /** Newest first. */
  list(query: AgentTaskQuery): Promise<readonly AgentTask[]>;
}

/** A page in an order of positions. */
export interface OldestFirst {
  readonly taskId: string;
  readonly after: PagePosition | undefined;
  readonly limit: number;
}

export interface AgentJobReader {
  find(jobId: string): Promise<AgentJob | undefined>;
  /** Oldest first. */
  list(query: OldestFirst & { readonly status: string | undefined }): Promise<readonly AgentJob[]>;
}

export interface VerificationReader {
  /** Oldest first. */
  list(query: OldestFirst): Promise<readonly Verification[]>;
}

/** A page in byte order of a text. */
export interface ByText {
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number;
}

export interface AgentProjectReader {
  find(
    reference: { readonly id: string } | { readonly slug: string },
  ): Promise<AgentProject | undefined>;
  /** By slug. */
  list(query: {
    readonly visible: Visible;
    /** A part of slug, name or description, in lower case. */
    readonly text: string | undefined;
    readonly after: string | undefined;
    readonly limit: number;
  }): Promise<readonly AgentProject[]>;
}

/** A file of a task with where its bytes are. */
export type StoredAgentArtifact = AgentArtifact & { readonly storageRef: string };

export interface AgentArtifactReader {
  find(taskId: string, path: string): Promise<StoredAgentArtifact | undefined>;
  list(taskId: string, page: ByText): Promise<readonly StoredAgentArtifact[]>;
}

export interface MemoryReader {
  find(jobId: string, key: string): Promise<Pick<JobMemory, 'key' | 'content'> | undefined>;
  list(jobId: string, page: ByText): Promise<readonly Omit<JobMemory, 'content'>[]>;
}

/** A node as agents see it. */
export interface AgentNode {
  readonly slug: string;
  readonly status: string;
  readonly labels: readonly string[];
  readonly lastSeenAt: Date | undefined;
  readonly dispatchable: boolean;
  readonly report: Readonly<Record<string, unknown>>;
}

export interface AgentNodeReader {
  /** By slug; one of them when named. */
  list(slug?: string): Promise<readonly AgentNode[]>;
}

export interface AgentModelReader {
  /** By name and version; one of them when named. */
  list(modelId?: string): Promise<readonly AgentModel[]>;
}

export interface AgentImageReader {
  /** Those that are allowed, in byte order of their full form. */
  list(page: Omit<ByText, 'prefix'>): Promise<readonly AgentImage[]>;
}
