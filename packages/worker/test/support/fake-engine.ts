import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { WorkerError } from '../../src/domain/errors.ts';
import type {
  AdoptedRunSpec,
  EngineFacts,
  SandboxEngine,
  SandboxExit,
  SandboxNetwork,
  SandboxRunSpec,
  SandboxSinks,
} from '../../src/ports/sandbox-engine.ts';

const facts: EngineFacts = {
  runtime: 'podman',
  version: '4.3.1',
  rootless: true,
  rootlessSupported: true,
  cgroupVersion: 'v2',
  features: ['seccomp', 'netns'],
  ceiling: { kind: 'none', reason: 'nothing runs' },
};

/** Programs of the fake's images; any other command is echoed. */
export const fakePrograms = {
  say: (stdout: string, stderr: string, exitCode: number) => [
    'print',
    stdout,
    stderr,
    String(exitCode),
  ],
  hold: ['hold', 'up'],
  missing: ['nope'],
} as const;

const absent = {
  exitCode: 125,
  reason: 'the image is not present on this node',
  errorType: 'image_unavailable',
} as const;
const unknown = { exitCode: 127, reason: 'the command was not found in the image' } as const;

type Ending<E = SandboxExit> = E extends SandboxExit ? Omit<E, 'startedAt' | 'endedAt'> : never;

/** A run that lasts until it is ended. */
interface Held {
  readonly end: (ending: Ending) => void;
  readonly text: string;
  readonly startedAt: Date;
  readonly ending: Promise<Ending>;
  /** Resolves when whoever asked for the run knows its end. */
  readonly ended: Promise<void>;
}

function write(sinks: SandboxSinks, stream: 'stdout' | 'stderr', text: string): void {
  if (text === '') return;
  const bytes = new TextEncoder().encode(text);
  sinks[stream].write(bytes);
  sinks.heard?.[stream].write(bytes);
}

/** Writes a file into what a job sees as `/job/artifacts`. */
async function leave({ mounts }: SandboxRunSpec, name: string, text: string): Promise<void> {
  const job = mounts.find(({ containerPath }) => containerPath === '/job')?.hostPath ?? '';
  await mkdir(`${job}/artifacts`, { recursive: true });
  await writeFile(`${job}/artifacts/${name}`, text);
}

/**
 * An engine without containers; it passes the suite of the real ones. `hold` runs until it is stopped; `exit N` ends at
 * once; `leave NAME TEXT` leaves a file; anything else is echoed. An image whose name holds `missing` is not there.
 */
export class FakeEngine implements SandboxEngine {
  readonly facts = facts;
  readonly layersDir = undefined;
  /** What was asked of the engine, in order. */
  readonly calls: string[] = [];
  readonly specs: SandboxRunSpec[] = [];
  /** Variants of the sandbox image that were made here, by full names. */
  readonly variants = new Set<string>();
  /** Images that were there once. */
  readonly removed = new Set<string>();
  /** Reason why the engine cannot be used; undefined while it works. */
  broken: string | undefined;
  /** Containers that do not die. */
  stubborn = false;
  /** Images arrive when this resolves. */
  images: Promise<void> = Promise.resolve();
  readonly #held = new Map<string, Held>();
  /** Runs that nobody goes on with. */
  readonly #forgotten = new Set<string>();
  /** Nodes of the containers earlier runs left, by name. */
  readonly #left = new Map<string, string>();

  async check(): Promise<void> {
    this.calls.push('check');
    if (this.broken !== undefined) throw new WorkerError('engine_unusable', this.broken);
  }

  async hasImage(ref: string): Promise<boolean> {
    return this.variants.has(ref) && !this.removed.has(ref);
  }

  async ensureImage(ref: string, _signal?: AbortSignal): Promise<void> {
    await this.images;
    if (ref.includes('missing')) throw new WorkerError('image_unavailable', 'no such image');
    if (ref.includes('explode')) throw new Error('disk fault below /var/lib/secret-path');
  }

  async run(spec: SandboxRunSpec, sinks: SandboxSinks, signal?: AbortSignal): Promise<SandboxExit> {
    this.specs.push(spec);
    const startedAt = new Date();
    const ending =
      signal?.aborted === true
        ? ({ kind: 'stopped', exitCode: undefined } as const)
        : await this.#perform(spec, sinks, signal);
    return { ...ending, startedAt, endedAt: new Date() };
  }

  async openNetwork(
    ...[_owner, serve, signal]: Parameters<SandboxEngine['openNetwork']>
  ): Promise<SandboxNetwork> {
    signal.throwIfAborted();
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const served = serve(listener);
    const close = (): Promise<void> => served.close();
    const health = await fetch(`http://127.0.0.1:${port}/healthz`)
      .then((response) => response.text())
      .catch(() => '');
    if (health === 'ok') return { mode: 'own', close };
    await close();
    throw new WorkerError('inference_unavailable', 'the health check failed');
  }

  rejoinNetwork(
    ...[_name, serve, signal]: Parameters<SandboxEngine['rejoinNetwork']>
  ): Promise<SandboxNetwork> {
    return this.openNetwork({ jobId: '', labels: {}, timeoutSeconds: 1 }, serve, signal);
  }

  async adopt(
    { name, timeoutSeconds }: AdoptedRunSpec,
    sinks: SandboxSinks,
    signal?: AbortSignal,
  ): Promise<SandboxExit> {
    const run = this.#forgotten.has(name) ? undefined : this.#held.get(name);
    if (run === undefined) throw new WorkerError('start_lost', 'nothing is kept of the run');
    const { text, startedAt } = run;
    write(sinks, 'stdout', text);
    if (signal?.aborted === true) run.end({ kind: 'stopped', exitCode: 137 });
    const leftMs = startedAt.getTime() + timeoutSeconds * 1000 - Date.now();
    const limit = setTimeout(() => run.end({ kind: 'timed_out' }), leftMs);
    const ending = await run.ending.finally(() => clearTimeout(limit));
    return { ...ending, startedAt, endedAt: new Date() };
  }

  async kept(): Promise<ReadonlySet<string>> {
    return new Set([...this.#held.keys()].filter((name) => !this.#forgotten.has(name)));
  }

  forget(name: string): void {
    this.#forgotten.add(name);
  }

  /** Names of the runs that are held. */
  get held(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** Lets a held run end by itself. */
  finish(name: string): void {
    this.#held.get(name)?.end({ kind: 'exited', exitCode: 0 });
  }

  async stop(name: string, graceSeconds: number): Promise<void> {
    this.calls.push(`stop ${graceSeconds}`);
    if (this.stubborn) throw new WorkerError('container_resists', `${name} does not die`);
    const run = this.#held.get(name);
    run?.end({ kind: 'stopped', exitCode: 143 });
    await run?.ended;
  }

  /** Makes a container that an earlier run of a node left. */
  leave(slug: string, name: string): void {
    this.#left.set(name, slug);
  }

  async traceOf() {
    return {};
  }

  async removeLeftovers(
    slug: string,
    lives: (name: string) => boolean = () => false,
  ): Promise<readonly string[]> {
    this.calls.push(`removeLeftovers ${slug}`);
    const names = [...this.#left]
      .filter(([name, owner]) => owner === slug && !lives(name))
      .map(([name]) => name);
    for (const name of names) this.#left.delete(name);
    return names;
  }

  async removeTree(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  async openTree(): Promise<void> {}

  async #perform(
    spec: SandboxRunSpec,
    sinks: SandboxSinks,
    signal: AbortSignal | undefined,
  ): Promise<Ending> {
    const [program = '', first = '', second = '', third = ''] = spec.command;
    if (spec.image.includes('missing') || this.removed.has(spec.image))
      return { kind: 'not_started', ...absent };
    switch (program) {
      case 'nope':
        return { kind: 'not_started', ...unknown };
      case 'exit':
        return { kind: 'exited', exitCode: Number(first) };
      case 'print':
        write(sinks, 'stdout', first);
        write(sinks, 'stderr', second);
        return { kind: 'exited', exitCode: Number(third) };
      case 'leave':
        await leave(spec, first, second);
        return { kind: 'exited', exitCode: 0 };
      case 'hold':
        write(sinks, 'stdout', first);
        return this.#hold(spec, first, signal);
      default:
        write(sinks, 'stdout', spec.command.join(' '));
        return { kind: 'exited', exitCode: 0 };
    }
  }

  async #hold(
    spec: SandboxRunSpec,
    text: string,
    signal: AbortSignal | undefined,
  ): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    const over = Promise.withResolvers<void>();
    const limit = setTimeout(() => resolve({ kind: 'timed_out' }), spec.timeoutSeconds * 1000);
    limit.unref();
    signal?.addEventListener('abort', () => resolve({ kind: 'stopped', exitCode: 137 }));
    this.#forgotten.delete(spec.name);
    this.#held.set(spec.name, {
      text,
      startedAt: new Date(),
      ending: promise,
      end: resolve,
      ended: over.promise,
    });
    try {
      return await promise;
    } finally {
      clearTimeout(limit);
      this.#held.delete(spec.name);
      setImmediate(over.resolve);
    }
  }
}
