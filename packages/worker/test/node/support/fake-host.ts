import { WorkerError } from '../../../src/domain/errors.ts';
import { type InferenceContainer, fingerprint } from '../../../src/domain/inference/container.ts';
import type {
  ContainerEnd,
  FoundContainer,
  InferenceEngine,
} from '../../../src/ports/inference.ts';
import type { SandboxHost } from '../../../src/ports/worker-api.ts';
import type { WorkspaceStore } from '../../../src/ports/workspace.ts';
import { FakeEngine } from '../../support/fake-engine.ts';

/** Job directories that exist in memory only; it passes the suite of those on disk. */
export class FakeWorkspace implements WorkspaceStore {
  readonly present = new Set<string>();
  /** Job, path and size of every staged file. */
  readonly staged: [string, string, number][] = [];
  broken: string | undefined;
  /** When a job last got a staged file. */
  readonly #waiting = new Map<string, Date>();

  async check(): Promise<void> {
    if (this.broken !== undefined) throw new WorkerError('workspace_unusable', this.broken);
  }

  async create(jobId: string) {
    if (this.present.has(jobId)) throw new WorkerError('job_conflict', 'it exists already');
    this.present.add(jobId);
    this.#waiting.delete(jobId);
    return { workspaceDir: `/fake/${jobId}/workspace`, jobDir: `/fake/${jobId}/job` };
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

  async removeStaged(before: Date): Promise<readonly string[]> {
    const old = [...this.#waiting].filter(([, at]) => at < before).map(([jobId]) => jobId);
    for (const jobId of old) this.#waiting.delete(jobId);
    return old;
  }

  async remove(jobId: string): Promise<void> {
    this.present.delete(jobId);
    this.#waiting.delete(jobId);
  }

  async removeStrays(): Promise<readonly string[]> {
    const strays = [...this.present];
    this.present.clear();
    return strays;
  }
}

/** An engine whose inference containers are names only; a test serves the port itself. */
export class FakeInferenceEngine implements InferenceEngine {
  /** Why no container can be published; undefined while one can. */
  blocked: string | undefined = 'no container in this test';
  readonly started: InferenceContainer[] = [];
  found: FoundContainer[] = [];
  /** Called when a container is started. */
  onStart: (container: InferenceContainer) => Promise<void> = async () => {};
  end: ContainerEnd | undefined;

  async obstacle(): Promise<string | undefined> {
    return this.blocked;
  }

  async find(): Promise<readonly FoundContainer[]> {
    return this.found;
  }

  async start(container: InferenceContainer): Promise<void> {
    this.started.push(container);
    this.end = undefined;
    this.found = [{ name: container.name, running: true, fingerprint: fingerprint(container) }];
    await this.onStart(container);
  }

  async ended(): Promise<ContainerEnd | undefined> {
    return this.end;
  }

  async remove(name: string): Promise<void> {
    this.found = this.found.filter((one) => one.name !== name);
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
  };
}
