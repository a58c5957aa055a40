import { TreeReader } from '@cynodeai/runtime/archive';
import { messageOf } from '@cynodeai/runtime/std';
import { noSecrets } from '../../support/no-secrets.ts';
import { WorkerError } from '../../../src/domain/errors.ts';
import type { SandboxHost } from '../../../src/ports/worker-api.ts';
import type { JobWorkspace, WorkspaceStore } from '../../../src/ports/workspace.ts';
import { FakeEngine } from '../../support/fake-engine.ts';
import { FakeInferenceEngine } from '../../support/fake-inference-engine.ts';

const nothing = (): void => {};
const nowhere = { file: nothing, bytes: nothing, fileEnd: nothing, link: nothing, folder: nothing };

/** Job directories that exist in memory only; it passes the suite of those on disk. */
export class FakeWorkspace implements WorkspaceStore {
  readonly present = new Set<string>();
  /** Below which its directories would lie; nothing is made there but by jobs that leave something. */
  root = '/fake';
  /** Job, path and size of every staged file. */
  readonly staged: [string, string, number][] = [];
  /** Folders of earlier jobs. */
  readonly known = new Set<string>();
  broken: string | undefined;
  /** Ids of workspaces that are kept between jobs. */
  readonly kept = new Set<string>();
  /** When a job last got a staged file. */
  readonly #waiting = new Map<string, Date>();
  /** The folder that was staged for a job. */
  readonly #folders = new Map<string, string>();

  async check(): Promise<void> {
    if (this.broken !== undefined) throw new WorkerError('workspace_unusable', this.broken);
  }

  async create(
    ...[jobId, _files, folder, kept]: Parameters<WorkspaceStore['create']>
  ): Promise<JobWorkspace> {
    if (this.present.has(jobId)) throw new WorkerError('job_conflict', 'it exists already');
    if (folder !== undefined && this.#folders.get(jobId) !== folder) {
      throw new WorkerError('not_run', 'the folder of the job is not here');
    }
    if (kept?.mustExist === true && !this.kept.has(kept.id)) {
      throw new WorkerError('workspace_lost', 'the workspace is not on this node any more');
    }
    this.present.add(jobId);
    this.#waiting.delete(jobId);
    if (kept === undefined) return this.#placeOf(jobId);
    this.kept.add(kept.id);
    return { ...this.#placeOf(jobId), keptId: kept.id };
  }

  async keptHolder(): Promise<string | undefined> {
    return undefined;
  }

  async releaseKept(): Promise<void> {}

  async keptIds(): Promise<readonly string[]> {
    return [...this.kept];
  }

  async removeKept(id: string): Promise<boolean> {
    return this.kept.delete(id);
  }

  async find(jobId: string) {
    return this.present.has(jobId) ? this.#placeOf(jobId) : undefined;
  }

  async stage(
    ...[jobId, { path }, content, stillOpen]: Parameters<WorkspaceStore['stage']>
  ): ReturnType<WorkspaceStore['stage']> {
    let bytes = 0;
    for await (const chunk of content) bytes += chunk.length;
    if (!stillOpen()) throw new WorkerError('job_conflict', 'the job began before');
    this.staged.push([jobId, path, bytes]);
    this.#waiting.set(jobId, new Date());
  }

  async stageFolder(
    ...[jobId, folder, content, stillOpen]: Parameters<WorkspaceStore['stageFolder']>
  ): ReturnType<WorkspaceStore['stageFolder']> {
    const reader = new TreeReader({ bytes: 1e9, entries: 1e5 }, nowhere);
    try {
      for await (const chunk of content) reader.write(chunk);
      reader.end();
    } catch (error) {
      throw new WorkerError('validation', messageOf(error));
    }
    if (!stillOpen()) throw new WorkerError('job_conflict', 'the job began before');
    this.#folders.set(jobId, folder);
    this.#waiting.set(jobId, new Date());
  }

  async reuseFolder(jobId: string, folder: string): Promise<boolean> {
    if (!this.known.has(folder)) return false;
    this.#folders.set(jobId, folder);
    this.#waiting.set(jobId, new Date());
    return true;
  }

  async makeRoom(): Promise<boolean> {
    return false;
  }

  async removeStaged(before: Date): Promise<readonly string[]> {
    const old = [...this.#waiting].filter(([, at]) => at < before).map(([jobId]) => jobId);
    for (const jobId of old) this.#waiting.delete(jobId);
    return old;
  }

  async remove(jobId: string): Promise<void> {
    this.present.delete(jobId);
    this.#waiting.delete(jobId);
  }

  async removeStrays(lives: (jobId: string) => boolean = () => false): Promise<readonly string[]> {
    const strays = [...this.present].filter((jobId) => !lives(jobId));
    for (const jobId of strays) this.present.delete(jobId);
    return strays;
  }

  #placeOf(jobId: string): JobWorkspace {
    return { workspaceDir: `${this.root}/${jobId}/workspace`, jobDir: `${this.root}/${jobId}/job` };
  }
}

export interface FakeHost extends SandboxHost {
  readonly inference: FakeInferenceEngine;
  readonly engine: FakeEngine;
  readonly workspace: FakeWorkspace;
}

export function createFakeHost(): FakeHost {
  return {
    engine: new FakeEngine(),
    workspace: new FakeWorkspace(),
    inference: new FakeInferenceEngine(),
    secrets: noSecrets,
  };
}
