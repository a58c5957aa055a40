import { WorkerError } from '../../src/domain/errors.ts';
import { type InferenceContainer, fingerprint } from '../../src/domain/inference/container.ts';
import { nodeSlugLabel } from '../../src/domain/sandbox/naming.ts';
import type { ContainerEnd, FoundContainer, InferenceEngine } from '../../src/ports/inference.ts';

/** Images that the fake does not simply run. */
export const fakeImages = {
  crash: 'localhost/crash:1',
  missing: 'localhost/missing:1',
} as const;

interface Kept {
  readonly nodeSlug: string;
  readonly found: FoundContainer;
  /** Where it is published. */
  readonly place: string;
  readonly end?: ContainerEnd;
}

/** An engine whose inference containers are names only; a test serves the port itself. It passes the suite of the real ones. */
export class FakeInferenceEngine implements InferenceEngine {
  /** Why no container can be published; undefined while one can. */
  blocked: string | undefined = 'no container in this test';
  readonly started: InferenceContainer[] = [];
  /** Called when a container is started. */
  onStart: (container: InferenceContainer) => Promise<void> = async () => {};
  readonly #containers = new Map<string, Kept>();

  /** Containers of every node. */
  get found(): readonly FoundContainer[] {
    return [...this.#containers.values()].map(({ found }) => found);
  }

  /** Makes a container as an earlier run of a node leaves it. */
  leave(nodeSlug: string, found: FoundContainer): void {
    this.#containers.set(found.name, { nodeSlug, found, place: '' });
  }

  /** Every container ends this way. */
  end(end: ContainerEnd): void {
    for (const [name, kept] of this.#containers) {
      this.#containers.set(name, { ...kept, found: { ...kept.found, running: false }, end });
    }
  }

  async obstacle(): Promise<string | undefined> {
    return this.blocked;
  }

  async find(nodeSlug: string): Promise<readonly FoundContainer[]> {
    const kept = [...this.#containers.values()];
    return kept.filter((one) => one.nodeSlug === nodeSlug).map(({ found }) => found);
  }

  async start(container: InferenceContainer, signal: AbortSignal): Promise<void> {
    const { image, labels, name, publish } = container;
    if (image === fakeImages.missing) throw new WorkerError('image_unavailable', 'no such image');
    signal.throwIfAborted();
    const place = `${publish.address}:${publish.port}`;
    const others = [...this.#containers.values()];
    if (others.some((other) => other.found.running && other.place === place)) {
      throw new WorkerError('engine_unusable', 'the port is taken');
    }
    this.started.push(container);
    const found = { name, running: true, fingerprint: fingerprint(container) };
    this.#containers.set(name, { nodeSlug: labels[nodeSlugLabel] ?? '', found, place });
    if (image === fakeImages.crash) {
      this.end({ exitCode: 3, lastWords: 'this model service cannot start' });
    }
    try {
      await this.onStart(container);
    } catch (error) {
      this.#containers.delete(name);
      throw error;
    }
  }

  async ended(name: string): Promise<ContainerEnd | undefined> {
    const kept = this.#containers.get(name);
    return kept === undefined ? { exitCode: undefined, lastWords: '' } : kept.end;
  }

  async remove(name: string): Promise<void> {
    this.#containers.delete(name);
  }
}
