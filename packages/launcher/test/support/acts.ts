import type { ReadinessReason } from '@cynodeai/contracts/common';
import { waitFor } from '@cynodeai/testing';
import { type FakeGateway, json, result } from '@cynodeai/testing/doubles';
import type { Child, Unsteady } from '@cynodeai/testing/harness';
import type { InferencePath } from '../../src/domain/inference.ts';
import type { Stage } from './stage.ts';

/** What is waited for, on a terminal once its changing line is drawn. */
const waiting = { pipe: 'waiting', terminal: /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] waiting/ };

/** What the test does once the command runs. */
export type Act = (child: Child, columns: number | undefined) => Promise<unknown>;

/** Something that happens to a person with `cynode`, and is recorded as an example of what they read. */
export interface Situation {
  readonly args: readonly string[];
  /** What stands around the command; it may answer what happens while it runs. */
  readonly before?: (stage: Stage) => Act | void | Promise<Act | void>;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Where its output goes, as a shell says it. */
  readonly redirect?: string;
  /** Widths of the terminals it is shown on too. */
  readonly widths?: readonly number[];
  readonly unsteady?: Unsteady;
}

export const widths = [40, 80, 120] as const;
const real: InferencePath = { kind: 'ollama', url: 'http://127.0.0.1:11434' };
export const [prompt, job] = [
  ['run', 'hi'],
  ['run', '--command', 'make'],
];

/** A task that ends at once like this. */
export const ends =
  (end: Parameters<ReturnType<FakeGateway['addTask']>['end']>[0], path: InferencePath = real) =>
  async (stage: Stage): Promise<void> => {
    const gateway = await stage.running(path);
    gateway.tasks.onCreated = (task) => void task.end(end);
  };

/** A task that has failed, by what is stored of its job. */
export const fails =
  (job: object) =>
  async (stage: Stage): Promise<void> => {
    const gateway = await stage.running(real);
    gateway.tasks.onCreated = ({ id, jobId }) => {
      const jobs = [{ id: jobId, status: 'failed', result: { status: 'failed', ...job } }];
      gateway.on(
        `GET /v1/tasks/${id}/result`,
        json(200, result('failed', { task_id: id, jobs, stdout: '', stderr: '' })),
      );
    };
  };
export const unable = (error_type: string, error_message: string) =>
  fails({ error_type, error_message, stdout: '', stderr: error_message });

/** A prompt that waits for readiness, and is answered once that was told. */
export const waitsFor =
  (reason: ReadinessReason) =>
  async (stage: Stage): Promise<Act> => {
    const { gateway, go } = await stage.notReady(reason, real);
    gateway.tasks.onCreated = (task) =>
      void task.end({ stdout: 'at last', inference: { model: 'm:1' } });
    return async (child, columns) => {
      await child.printed(columns === undefined ? waiting.pipe : waiting.terminal);
      go();
    };
  };

/** A job that waits in the queue, and ends once that was told. */
export const queuedFor =
  (text: string) =>
  async (stage: Stage): Promise<Act> => {
    const gateway = await stage.running();
    gateway.tasks.onCreated = (task) => void task.wait(text);
    return async (child, columns) => {
      await child.printed(columns === undefined ? waiting.pipe : waiting.terminal);
      gateway.tasks.all[0]?.end({ stdout: 'at last\n' });
    };
  };

export const named = (url: string): Readonly<Record<string, string>> => ({ OLLAMA_BASE_URL: url });
export const sizes: Unsteady = [[/\((?:size unknown|\d+(?:\.\d+)? [MG]B)\)/g, '(<size>)']];
export const list = ['model', 'list'];

/** A stack of which one role died, one server is not ready, and a node was refused. */
export const notWell = async (stage: Stage): Promise<void> => {
  const at = '2026-11-20T10:00:00.000Z';
  const dead = { pid: 2 ** 22 + 1, startTicks: 1 };
  const role = {
    since: at,
    restarts: 3,
    failuresInARow: 3,
    process: dead,
    lastEnd: 'exited with 1',
  };
  const gateway = await stage.running(
    { kind: 'ollama', url: 'http://127.0.0.1:1' },
    { workerUrl: 'http://127.0.0.1:1', roles: [{ name: 'node', phase: 'restarting', ...role }] },
  );
  gateway.on('GET /v1/nodes', json(200, { nodes: [] }));
  gateway.notReady.push({
    code: 'model_service_down',
    message: 'model service down: the one of node local at http://127.0.0.1:1 does not answer',
    action: 'start it (a service of your own: ollama serve)',
  });
};

/** Ctrl-C while the job runs, which had written something. */
export const interrupted = async (stage: Stage): Promise<Act> => {
  const gateway = await stage.running();
  gateway.tasks.onCreated = (task) => void task.start().write('stdout', 'so far\n');
  return async (child) => {
    const isHeld = () => gateway.requests.some(({ url }) => url.includes('wait='));
    await waitFor(isHeld, { what: 'it waits for the result' });
    child.kill('SIGINT');
    await waitFor(() => gateway.tasks.all[0]?.hasEnded, { what: 'the task is canceled' });
    gateway.tasks.all[0]?.end({ exit_code: 143 });
  };
};
