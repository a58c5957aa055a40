import { WorkerError } from '../../../src/domain/errors.ts';
import type {
  EngineFacts,
  SandboxEngine,
  SandboxExit,
  SandboxNetwork,
  SandboxRunSpec,
  SandboxSinks,
} from '../../../src/ports/sandbox-engine.ts';
import { type InferenceContainer, fingerprint } from '../../../src/domain/inference/container.ts';
import type {
  ContainerEnd,
  FoundContainer,
  InferenceEngine,
} from '../../../src/ports/inference.ts';
import type { SandboxHost } from '../../../src/ports/worker-api.ts';
import type { WorkspaceStore } from '../../../src/ports/workspace.ts';

const facts: EngineFacts = {
  runtime: 'podman',
  version: '4.3.1',
  rootless: true,
  rootlessSupported: true,
  cgroupVersion: 'v2',
  features: ['seccomp', 'netns'],
};

/** An engine without containers. `hold` runs until it is stopped; `exit N` ends at once; anything else is echoed. */
export class FakeEngine implements SandboxEngine {
  readonly facts = facts;
  /** What was asked of the engine, in order. */
  readonly calls: string[] = [];
  readonly specs: SandboxRunSpec[] = [];
  /** Reason why the engine cannot be used; undefined while it works. */
  broken: string | undefined;
  /** Containers an earlier run left. */
  leftovers: string[] = [];
  /** Containers that do not die. */
  stubborn = false;
  readonly #held = new Map<string, (exit: SandboxExit) => void>();

  async check(): Promise<void> {
    this.calls.push('check');
    if (this.broken !== undefined) throw new WorkerError('engine_unusable', this.broken);
  }

  /** Images arrive when this resolves. */
  images: Promise<void> = Promise.resolve();

  async ensureImage(ref: string): Promise<void> {
    await this.images;
    if (ref.includes('missing')) throw new WorkerError('image_unavailable', 'no such image');
    if (ref.includes('explode')) throw new Error('disk fault below /var/lib/secret-path');
  }

  async run(spec: SandboxRunSpec, sinks: SandboxSinks): Promise<SandboxExit> {
    this.specs.push(spec);
    const at = { startedAt: new Date(), endedAt: new Date() };
    const [program, argument] = spec.command;
    if (program === 'hold') {
      const { promise, resolve } = Promise.withResolvers<SandboxExit>();
      this.#held.set(spec.name, resolve);
      return promise;
    }
    if (program === 'exit') return { ...at, kind: 'exited', exitCode: Number(argument) };
    sinks.stdout.write(new TextEncoder().encode(spec.command.join(' ')));
    return { ...at, kind: 'exited', exitCode: 0 };
  }

  async openNetwork(): Promise<SandboxNetwork> {
    return { mode: 'own', close: async () => {} };
  }

  /** Names of the runs that are held. */
  get held(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** Lets a held run end by itself. */
  finish(name: string): void {
    this.#end(name, { ...this.#now(), kind: 'exited', exitCode: 0 });
  }

  async stop(name: string, graceSeconds: number): Promise<void> {
    this.calls.push(`stop ${graceSeconds}`);
    if (this.stubborn) throw new WorkerError('container_resists', `${name} does not die`);
    this.#end(name, { ...this.#now(), kind: 'stopped', exitCode: 143 });
  }

  async removeLeftovers(slug: string): Promise<readonly string[]> {
    this.calls.push(`removeLeftovers ${slug}`);
    return this.leftovers;
  }

  async removeTree(): Promise<void> {}

  #now() {
    return { startedAt: new Date(), endedAt: new Date() };
  }

  #end(name: string, exit: SandboxExit): void {
    this.#held.get(name)?.(exit);
    this.#held.delete(name);
  }
}

/** Job directories that exist in memory only. */
export class FakeWorkspace implements WorkspaceStore {
  readonly present = new Set<string>();
  /** Job, path and size of every staged file. */
  readonly staged: [string, string, number][] = [];
  broken: string | undefined;

  async check(): Promise<void> {
    if (this.broken !== undefined) throw new WorkerError('workspace_unusable', this.broken);
  }

  async create(jobId: string) {
    this.present.add(jobId);
    return { workspaceDir: `/fake/${jobId}/workspace`, jobDir: `/fake/${jobId}/job` };
  }

  async stage(
    ...[jobId, { path }, content]: Parameters<WorkspaceStore['stage']>
  ): ReturnType<WorkspaceStore['stage']> {
    let bytes = 0;
    for await (const chunk of content) bytes += chunk.length;
    this.staged.push([jobId, path, bytes]);
  }

  async removeStaged(): Promise<readonly string[]> {
    return [];
  }

  async remove(jobId: string): Promise<void> {
    this.present.delete(jobId);
  }

  async removeStrays(): Promise<readonly string[]> {
    return [];
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
