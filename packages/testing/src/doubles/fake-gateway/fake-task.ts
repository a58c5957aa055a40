import type { JobArtifact, RunJobResult } from '@cynodeai/contracts/common';
import {
  type CreateTaskRequest,
  type InputMode,
  type JobStatus,
  type LogStream,
  type Task,
  type TaskEvent,
  type TaskEventName,
  type TaskLogs,
  type TaskResult,
  type TaskStatus,
  isTerminalTaskStatus,
} from '@cynodeai/contracts/gateway';
import { sha256 } from '@cynodeai/runtime/crypto';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import { EventEmitter, once } from 'node:events';

/** A file of a task. */
export interface FakeFile {
  readonly id: string;
  readonly name: string;
  readonly contentType: string | undefined;
  readonly bytes: Buffer;
}

/** What a task was made of. */
export interface TaskFacts {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  /** Handle of its owner. */
  readonly owner: string;
  readonly projectId: string;
  readonly mode: InputMode;
  readonly text: string;
  readonly files: readonly FakeFile[];
  /** As it was asked for, without attachments. */
  readonly request: CreateTaskRequest;
  /** The task it was made from. */
  readonly rerunOf: string | undefined;
  /** What it asked of its sandbox. */
  readonly wishes: Pick<
    CreateTaskRequest,
    'image' | 'env' | 'folder' | 'secrets' | 'workspace' | 'args' | 'stdin'
  >;
}

/** A file that a job left: what is in it, or why it was not kept. */
export type FakeLeftFile = { readonly name: string } & (
  { readonly text: string } | { readonly error: string }
);

/** How a job ends: well and silently unless told. */
export type JobEnd = Partial<
  Pick<
    RunJobResult,
    | 'exit_code'
    | 'stdout'
    | 'stderr'
    | 'truncated'
    | 'tail'
    | 'binary'
    | 'artifacts_omitted'
    | 'masked'
  >
> & {
  readonly inference?: { readonly model: string; readonly finish_reason?: string };
  readonly left?: readonly FakeLeftFile[];
};

function listed(file: FakeLeftFile): JobArtifact {
  const common = { name: file.name, content_type: 'application/octet-stream' };
  if ('error' in file) return { ...common, size_bytes: 0, error: file.error };
  const ref = `sha256:${sha256(file.text).toString('hex')}`;
  return { ...common, size_bytes: Buffer.byteLength(file.text), ref };
}

type OutputStream = 'stdout' | 'stderr';

type DataOf<N extends TaskEventName> = Extract<TaskEvent, { readonly event: N }>['data'];

/**
 * One task of a fake gateway with its one job, moved by the test that knows what becomes of it.
 * See docs/reference/tasks-and-jobs.md#task-states.
 */
export class FakeTask {
  readonly facts: TaskFacts;
  readonly jobId = uuidv7();
  readonly createdAt: Date;
  readonly events: TaskEvent[] = [];
  readonly #clock: Clock;
  readonly #number: () => number;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #written = { stdout: '', stderr: '' };
  #left: readonly FakeLeftFile[] = [];
  #status: TaskStatus = 'queued';
  #waitingText: string | undefined;
  #jobStatus: JobStatus = 'queued';
  #startedAt: Date | undefined;
  #endedAt: Date | undefined;
  #jobResult: RunJobResult | undefined;
  #updatedAt: Date;

  /** @param number gives the next number of an event. */
  constructor(facts: TaskFacts, clock: Clock, number: () => number) {
    this.facts = facts;
    this.#clock = clock;
    this.#number = number;
    this.createdAt = clock.now();
    this.#updatedAt = this.createdAt;
    this.#tellTask('queued');
    this.#tellJob('queued');
  }

  get id(): string {
    return this.facts.id;
  }

  get status(): TaskStatus {
    return this.#status;
  }

  /** What the job left, as far as it was kept. */
  get left(): readonly { readonly name: string; readonly text: string }[] {
    return this.#left.flatMap((file) => ('text' in file ? [file] : []));
  }

  get hasEnded(): boolean {
    return isTerminalTaskStatus(this.#status);
  }

  /** A node took the job, and did not tell of its end yet. */
  get isWorkedOn(): boolean {
    return this.#startedAt !== undefined && this.#jobResult === undefined;
  }

  /** A node takes the job. */
  start(): this {
    if (this.#status !== 'queued') throw new Error(`the task is ${this.#status}`);
    this.#startedAt = this.#clock.now();
    this.#tellTask('running');
    this.#tellJob('running');
    return this;
  }

  /** The job goes back into the queue, or stays there, and the task says why. */
  wait(text: string): this {
    this.#waitingText = text;
    return this;
  }

  /** The job prints; whoever reads the events sees it at once, everybody else at the end. */
  write(stream: OutputStream, text: string): this {
    if (text === '') return this;
    this.#written[stream] += text;
    this.#tell('job.log', { task_id: this.id, job_id: this.jobId, stream, text });
    return this;
  }

  /** The job ends, and the task with it; of a canceled task the result is kept and nothing else changes. */
  end({ stdout = '', stderr = '', left = [], ...rest }: JobEnd = {}): this {
    if (this.#status === 'queued') this.start();
    this.#left = left;
    const isOpen = !this.hasEnded;
    for (const [stream, text] of [['stdout', stdout] as const, ['stderr', stderr] as const]) {
      if (isOpen) this.write(stream, text);
      else this.#written[stream] += text;
    }
    this.#jobResult = this.#resultOf(rest);
    if (!isOpen) return this;
    const { status } = this.#jobResult;
    const ended = status === 'completed' ? status : 'failed';
    this.#endedAt = this.#clock.now();
    this.#tellJob(ended);
    this.#tellTask(ended);
    return this;
  }

  /** Task and job are canceled; nothing happens to a task that is so already. */
  cancel(): this {
    if (this.hasEnded) return this;
    this.#endedAt = this.#clock.now();
    this.#tellJob('canceled');
    this.#tellTask('canceled');
    return this;
  }

  /** Resolves at the next change, or when the signal fires. */
  async changed(signal: AbortSignal): Promise<void> {
    try {
      await once(this.#changes, 'change', { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  view(): Task {
    const { id, name, projectId, mode, text, files, wishes, rerunOf } = this.facts;
    const envNames = Object.keys(wishes.env ?? {}).toSorted();
    const secrets = [...new Set(wishes.secrets)].toSorted();
    return {
      id,
      task_id: id,
      task_name: name,
      status: this.#status,
      ...(this.#waitingText !== undefined &&
        !this.hasEnded && { waiting_reason: 'not_taken', waiting_text: this.#waitingText }),
      input_mode: mode,
      prompt: text,
      ...(rerunOf !== undefined && { rerun_of: rerunOf }),
      ...(wishes.image !== undefined && { image: wishes.image }),
      ...(envNames.length > 0 && { env_names: envNames }),
      ...(wishes.args !== undefined && { args: wishes.args }),
      ...(wishes.folder !== undefined && { folder: wishes.folder }),
      ...(secrets.length > 0 && { secrets }),
      ...(wishes.workspace !== undefined && { workspace: wishes.workspace }),
      project_id: projectId,
      attachments: files
        .map((file) => ({
          artifact_id: file.id,
          name: file.name,
          ...(file.contentType !== undefined && { content_type: file.contentType }),
          size_bytes: file.bytes.length,
        }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      created_at: this.createdAt.toISOString(),
      updated_at: this.#updatedAt.toISOString(),
      ...this.#course(),
    };
  }

  result(): TaskResult {
    const result = this.#jobResult;
    return {
      ...this.#head(),
      jobs: [
        {
          id: this.jobId,
          status: this.#jobStatus,
          ...(result && { result }),
          ...(this.#startedAt && { started_at: this.#startedAt.toISOString() }),
          ...(this.#endedAt && { ended_at: this.#endedAt.toISOString() }),
        },
      ],
      ...(this.hasEnded && {
        stdout: result?.stdout ?? '',
        stderr: result?.stderr ?? '',
        ...(result?.tail && { tail: result.tail }),
        ...(result?.binary && { binary: result.binary }),
        ...(result?.exit_code !== undefined && { exit_code: result.exit_code }),
      }),
    };
  }

  logs(stream: LogStream): TaskLogs {
    const { stdout = '', stderr = '', truncated, tail, binary } = this.#jobResult ?? {};
    return {
      ...this.#head(),
      stream,
      ...(stream !== 'stderr' && { stdout }),
      ...(stream !== 'stdout' && { stderr }),
      truncated: truncated ?? { stdout: false, stderr: false },
      ...(tail && { tail }),
      ...(binary && { binary }),
    };
  }

  #course(): Pick<Task, 'started_at' | 'ended_at' | 'exit_code'> {
    const isOver = this.hasEnded && this.#endedAt !== undefined;
    const code = this.#status === 'canceled' ? undefined : this.#jobResult?.exit_code;
    return {
      ...(this.#startedAt && { started_at: this.#startedAt.toISOString() }),
      ...(isOver && { ended_at: this.#endedAt?.toISOString() }),
      ...(isOver && code !== undefined && { exit_code: code }),
    };
  }

  #head() {
    return { task_id: this.id, task_name: this.facts.name, status: this.#status };
  }

  #resultOf({ exit_code = 0, ...rest }: Omit<JobEnd, OutputStream | 'left'>): RunJobResult {
    const now = this.#clock.now().toISOString();
    return {
      version: 1,
      task_id: this.id,
      job_id: this.jobId,
      status: exit_code === 0 ? 'completed' : 'failed',
      exit_code,
      ...this.#written,
      started_at: this.#startedAt?.toISOString() ?? now,
      ended_at: now,
      truncated: { stdout: false, stderr: false },
      ...(this.#left.length > 0 && { artifacts: this.#left.map(listed) }),
      ...rest,
    };
  }

  #tellTask(status: TaskStatus): void {
    const at = this.#clock.now();
    this.#status = status;
    this.#updatedAt = at;
    this.#tell('task.status', { task_id: this.id, status, at: at.toISOString() });
  }

  #tellJob(status: JobStatus): void {
    const at = this.#clock.now().toISOString();
    this.#jobStatus = status;
    this.#tell('job.status', { task_id: this.id, job_id: this.jobId, status, at });
  }

  #tell<N extends TaskEventName>(event: N, data: DataOf<N>): void {
    // Name and data come from one type parameter, which is what ties the two in TaskEvent.
    this.events.push({ id: String(this.#number()), event, data } as TaskEvent);
    this.#changes.emit('change');
  }
}
