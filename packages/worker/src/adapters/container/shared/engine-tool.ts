import type { EngineFacts } from '../../../ports/sandbox-engine.ts';

/** What an image made of a root file system is told about itself. */
export interface ImportOptions {
  /** `NAME=value` on one line without quotes and backslashes; the same for labels. */
  readonly env: readonly string[];
  readonly labels: readonly string[];
  readonly workdir?: string | undefined;
}

/** An image of the engine's storage. */
export interface ImageEntry {
  /** With its tag. */
  readonly ref: string;
  readonly sizeBytes: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** What was found out about an engine. */
export interface EngineProbe {
  /** Absent when nothing works here. */
  readonly facts?: EngineFacts;
  /** Why no container of it can publish a port, with the fix; only an inference container needs that. */
  readonly publishObstacle?: string;
  /** Global flags of the engine's program. */
  readonly flags?: readonly string[];
  readonly problems: readonly {
    readonly code: string;
    readonly message: string;
    readonly fix: string;
  }[];
}

/** The engine of a node as who sets it up and looks after it sees it. @throws WorkerError `engine_unusable` */
export interface EngineTool {
  probe(): Promise<EngineProbe>;
  hasImage(ref: string): Promise<boolean>;
  /** Makes an image of a root file system. @throws WorkerError `image_unavailable` */
  importImage(archive: string, ref: string, options: ImportOptions): Promise<void>;
  /** Gives an image another name. @throws WorkerError `image_unavailable` */
  tagImage(ref: string, name: string): Promise<void>;
  /** Images whose names begin so, sorted by name. */
  listImages(beginning: string): Promise<readonly ImageEntry[]>;
  /** Takes an image its name, and removes what has none then; false when there is none of it. @throws WorkerError `image_unavailable` */
  removeImage(ref: string): Promise<boolean>;
  /** The engine's program with its global flags. */
  invocation(): Promise<readonly string[]>;
  /** Removes the containers of a node and gives their names; without a node, of all that are the engine's alone. */
  clean(nodeSlug: string | undefined): Promise<readonly string[]>;
  /** Removes what the engine keeps for this node alone. */
  reset(nodeSlug: string | undefined): Promise<void>;
}

/** The instructions by which an engine sets up an imported image. */
export function imageChanges(options: ImportOptions): string[] {
  return [
    ...options.env.map((entry) => `ENV ${quoted(entry)}`),
    ...options.labels.map((entry) => `LABEL ${quoted(entry)}`),
    ...(options.workdir === undefined ? [] : [`WORKDIR ${options.workdir}`]),
  ];
}

/** `NAME=value` with the value in quotes, as the engines' change language wants it. */
function quoted(entry: string): string {
  const at = entry.indexOf('=');
  return `${entry.slice(0, at)}="${entry.slice(at + 1)}"`;
}
