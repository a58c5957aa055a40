import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { elapsedMs } from '@cynodeai/runtime/std';
import { type Log, silentLog } from '@cynodeai/runtime/observe';
import { onTestFinished } from 'vitest';
import { type OpenJobStore, openJobStore } from '../../src/adapters/sqlite/job-store.ts';
import type { JobLimits } from '../../src/app/jobs/job-limits.ts';
import { createJobService, type JobServiceDeps } from '../../src/app/jobs/job-service.ts';
import type {
  SandboxEngine,
  SandboxExit,
  SandboxRunSpec,
  SandboxSinks,
} from '../../src/ports/sandbox-engine.ts';
import type { Timer } from '../../src/ports/timer.ts';
import type { WorkspaceStore } from '../../src/ports/workspace.ts';
import { FakeEngine } from './fake-engine.ts';
import { noSecrets } from './no-secrets.ts';

export const startedAt = new Date('2026-11-20T10:00:00.000Z');
export const endedAt = new Date('2026-11-20T10:00:01.000Z');
export const times = { startedAt, endedAt };
export const taskId = '01a1f8bb-0000-7000-8000-000000000001';
export const idOf = (index: number): string => `01a1f8bb-0000-7000-8000-00000000010${index}`;

export interface Scene {
  readonly limits?: Partial<JobLimits>;
  readonly exit?: SandboxExit;
  readonly output?: { readonly stdout?: string; readonly stderr?: string };
  readonly ensureImage?: SandboxEngine['ensureImage'];
  /** Variants of the sandbox image that the node has. */
  readonly variants?: readonly string[];
  readonly create?: WorkspaceStore['create'];
  readonly remove?: WorkspaceStore['remove'];
  /** What else its workspaces do. */
  readonly workspace?: Partial<WorkspaceStore>;
  readonly run?: SandboxEngine['run'];
  readonly stop?: SandboxEngine['stop'];
  readonly adopt?: SandboxEngine['adopt'];
  /** The folders of a job that an earlier process left; none unless told. */
  readonly find?: WorkspaceStore['find'];
  readonly openNetwork?: SandboxEngine['openNetwork'];
  readonly disk?: Partial<JobServiceDeps['disk']>;
  readonly artifacts?: Partial<JobServiceDeps['artifacts']>;
  readonly secrets?: Partial<JobServiceDeps['secrets']>;
  readonly timer?: Timer;
  /** Why the engine gives no sandbox a way to a model. */
  readonly wayObstacle?: string;
  /** Whether a model service answers; it does not unless told. */
  readonly inference?: () => boolean;
}

/** A store that is gone with the test. */
function scratchStore(): OpenJobStore {
  const dir = mkdtempSync(join(tmpdir(), 'cynode-jobs-'));
  const store = openJobStore(dir);
  onTestFinished(() => {
    store.close();
    rmSync(dir, { recursive: true });
  });
  return store;
}

/** A service over an engine that does as the scene says and notes what it was asked. */
export function stage(scene: Scene = {}) {
  const specs: SandboxRunSpec[] = [];
  const removed: string[] = [];
  const stops: [string, number][] = [];
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  const log: Log = { ...silentLog, warn: note, error: note };
  const play = async (spec: SandboxRunSpec, sinks: SandboxSinks): Promise<SandboxExit> => {
    specs.push(spec);
    sinks.stdout.write(new TextEncoder().encode(scene.output?.stdout ?? ''));
    sinks.stderr.write(new TextEncoder().encode(scene.output?.stderr ?? ''));
    return scene.exit ?? { kind: 'exited', exitCode: 0, ...times };
  };
  const fake = new FakeEngine();
  for (const variant of scene.variants ?? []) fake.variants.add(variant);
  const engine: SandboxEngine = Object.assign(fake, {
    facts: { ...fake.facts, wayObstacle: scene.wayObstacle },
    ensureImage: scene.ensureImage ?? (async () => {}),
    openNetwork: scene.openNetwork ?? (async () => ({ mode: 'own', close: async () => {} })),
    run: scene.run ?? play,
    ...(scene.adopt && { adopt: scene.adopt }),
    stop: async (name: string, grace: number) => {
      stops.push([name, grace]);
      await scene.stop?.(name, grace);
    },
  });
  const workspace: WorkspaceStore = {
    check: async () => {},
    create:
      scene.create ??
      (async (id) => ({ workspaceDir: `/m/${id}/workspace`, jobDir: `/m/${id}/job` })),
    remove: async (id) => {
      removed.push(id);
      await scene.remove?.(id);
    },
    find: scene.find ?? (async () => undefined),
    stage: async () => {},
    stageFolder: async () => {},
    reuseFolder: async () => false,
    makeRoom: async () => false,
    ...scene.workspace,
    removeStaged: async () => [],
    removeStrays: async () => [],
    keptHolder: async () => undefined,
    releaseKept: async () => {},
    keptIds: async () => [],
    removeKept: async () => false,
  };
  const store = scratchStore();
  const limits: JobLimits = {
    sandboxEnabled: true,
    maxConcurrency: 2,
    defaultTimeoutSeconds: 60,
    maxTimeoutSeconds: 100,
    ...scene.limits,
  };
  const jobs = createJobService({
    engine,
    workspace,
    artifacts: {
      collect: async () => ({ artifacts: [], omitted: 0 }),
      open: async () => undefined,
      remove: () => {},
      check: async () => {},
      removeStrays: async () => 0,
      removeForgotten: async () => 0,
      ...scene.artifacts,
    },
    secrets: { ...noSecrets, ...scene.secrets },
    disk: {
      admit: async () => {},
      watch: async () => ({ ended: undefined, over: () => {}, close: () => {} }),
      makeRoom: () => {},
      sizeOf: async () => 0,
      ...scene.disk,
    },
    temporaryMb: 64,
    relay: {
      available: scene.inference ?? (() => false),
      serve: () => ({ close: async () => {} }),
    },
    model: () => undefined,
    limits: () => limits,
    store: store,
    retention: { maxAgeMs: 1000, maxBytes: 2000 },
    nodeSlug: 'n1',
    clock: { now: () => startedAt },
    timer: scene.timer ?? { sleep, elapsedMs, random: () => 0.5 },
    log,
  });
  return { jobs, engine: fake, specs, removed, stops, lines, store };
}

export function request(index = 0, sandbox: Partial<RunJobRequest['sandbox']> = {}): RunJobRequest {
  const spec = { image: 'bash', command: ['true'], ...sandbox };
  return { version: 1, task_id: taskId, job_id: idOf(index), sandbox: spec };
}

/** A run that lasts until it is told how it ended. */
export function held() {
  const { promise, resolve } = Promise.withResolvers<SandboxExit>();
  return { run: () => promise, end: resolve };
}
