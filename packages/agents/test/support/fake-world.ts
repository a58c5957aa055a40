import type { AgentJob, AgentTask, ToolErrorType, Verification } from '@cynodeai/contracts/mcp';
import { builtTools } from '@cynodeai/contracts/mcp';
import { FakeClock } from '@cynodeai/testing';
import { ToolFailure, type ToolInput, type ToolName, type Tools } from '../../src/ports/tools.ts';

export const taskId = '018f0000-0000-7000-8000-000000000001';
const userId = '018f0000-0000-7000-8000-0000000000aa';
const at = '2026-01-01T00:00:00.000Z';

/** What a command, or a question to a model, comes to. */
export interface Ran {
  readonly exit?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** The end of an output of which not all is kept. */
  readonly tail?: string;
  /** Files it leaves, by path. */
  readonly leaves?: Readonly<Record<string, string>>;
}

export interface WorldOptions {
  readonly prompt?: string;
  readonly criteria?: readonly string[];
  /** Files the user sent, by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly preferences?: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** What jobs do: to their end, or never so far. */
  readonly run?: (asked: ToolInput<'job.run'>) => Ran | 'queued' | 'running';
  /** Called before each call of a tool; may throw. */
  readonly before?: (name: ToolName, world: FakeWorld) => void;
}

const tools = new Map(builtTools.map((tool) => [tool.name as string, tool]));

/** Tasks, jobs, files and records behind the port of tools; it holds calls against the real schemas. */
export class FakeWorld {
  readonly clock = new FakeClock(new Date(at));
  readonly jobs = new Map<string, { readonly asked: ToolInput<'job.run'>; job: AgentJob }>();
  readonly verifications: Verification[] = [];
  readonly files = new Map<string, string>();
  readonly calls: string[] = [];
  readonly options: WorldOptions;
  /** How often work was really done, by job. */
  readonly executions = new Map<string, number>();
  task: AgentTask;

  constructor(options: WorldOptions = {}) {
    this.options = options;
    for (const [path, text] of Object.entries(options.files ?? {})) this.files.set(path, text);
    this.task = {
      id: taskId,
      task_name: 'count-words',
      status: 'pending',
      closed: false,
      project_id: null,
      created_by: userId,
      input_mode: 'prompt',
      prompt: options.prompt ?? 'Count the words of the file.',
      description: null,
      acceptance_criteria: [...(options.criteria ?? [])],
      summary: null,
      metadata: { name_provisional: true, secrets: ['TOKEN'], ...options.metadata },
      created_at: at,
      updated_at: at,
    };
  }

  toolsOf(agent: 'project_manager' | 'project_analyst'): Tools {
    return {
      call: async (name, args) => {
        const tool = tools.get(name);
        if (tool === undefined) throw new Error(`there is no ${name}`);
        if (tool.agents[agent] === 'no') throw new ToolFailure('not_allowlisted', name);
        this.calls.push(`${agent} ${name}`);
        this.options.before?.(name, this);
        const given = tool.input.safeParse(args);
        if (!given.success) throw new ToolFailure('invalid_arguments', given.error.message);
        const result: unknown = this.#answer(name, given.data as never, agent);
        return tool.result.parse(result) as never;
      },
    };
  }

  end(status: AgentTask['status']): void {
    this.task = { ...this.task, status, closed: status !== 'running' && status !== 'pending' };
    if (!this.task.closed) return;
    for (const entry of this.jobs.values()) {
      if (entry.job.status === 'queued') entry.job = { ...entry.job, status: 'canceled' };
    }
  }

  #artifacts() {
    return [...this.files]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, text]) => ({
        artifact_id: taskId,
        path,
        size_bytes: Buffer.byteLength(text),
        content_type: null,
        checksum_sha256: null,
        created_at: at,
        updated_at: at,
      }));
  }

  #answer(name: ToolName, args: Record<string, never>, agent: string): unknown {
    const refuse = (type: ToolErrorType, message: string): never => {
      throw new ToolFailure(type, message);
    };
    const which: string = name;
    switch (which) {
      case 'db.task.get':
        return { task: this.task };
      case 'db.task.update': {
        const { task_name = this.task.task_name, summary = this.task.summary } = args;
        const patch: Record<string, unknown> = args['metadata_patch'] ?? {};
        this.task = {
          ...this.task,
          task_name,
          summary,
          metadata: { ...this.task.metadata, ...patch },
        };
        return { task: this.task };
      }
      case 'db.task.update_status':
        if (this.task.closed && this.task.status !== args['status']) {
          refuse('invalid_transition', `it is ${this.task.status}`);
        }
        this.end(args['status'] ?? 'running');
        return { task: this.task };
      case 'db.preference.effective': {
        const effective = this.options.preferences ?? {};
        const sources = Object.keys(effective).map((key) => ({
          key,
          scope_type: 'user',
          scope_id: userId,
          version: 1,
        }));
        return { effective, sources, invalid: [] };
      }
      case 'db.project.get': {
        const project = {
          id: args['project_id'],
          slug: 'site',
          display_name: 'Site',
          description: null,
          is_active: true,
          is_default: false,
          owner_user_id: userId,
          created_at: at,
          updated_at: at,
        };
        return { project };
      }
      case 'db.system_setting.list': {
        const settings = Object.entries(this.options.settings ?? {})
          .filter(([key]) => key.startsWith(args['key_prefix'] ?? ''))
          .map(([key, value]) => ({
            key,
            value,
            value_type: typeof value,
            version: 1,
            updated_at: at,
            updated_by: 'admin',
          }));
        return { settings, next_cursor: null };
      }
      case 'artifact.list': {
        // Pages of one file, so that whoever reads them must read them all.
        const { cursor = '0' }: { readonly cursor?: string } = args;
        const at = Number(cursor);
        const found = this.#artifacts();
        return {
          artifacts: found.slice(at, at + 1),
          next_cursor: at + 1 < found.length ? String(at + 1) : null,
        };
      }
      case 'artifact.get': {
        const found = this.#artifacts().find(({ path }) => path === args['path']);
        const text = this.files.get(args['path'] ?? '') ?? refuse('not_found', 'no such file');
        return { ...found, content_bytes_base64: Buffer.from(text).toString('base64') };
      }
      case 'job.run':
        return this.#queue(args as never, refuse);
      case 'job.cancel': {
        const entry = this.jobs.get(args['job_id'] ?? '') ?? refuse('not_found', 'no such job');
        const isOpen = ['queued', 'running'].includes(entry.job.status);
        if (isOpen) entry.job = { ...entry.job, status: 'canceled' };
        return { status: entry.job.status };
      }
      case 'db.job.get': {
        const entry = this.jobs.get(args['job_id'] ?? '') ?? refuse('not_found', 'no such job');
        if ((args['wait_seconds'] ?? 0) > 0) this.#execute(args['job_id'] ?? '');
        return { job: entry.job, output_truncated: false };
      }
      case 'db.verification.list':
        return { verifications: this.verifications, next_cursor: null };
      case 'db.verification.create':
        return { verification: this.#record(args, agent) };
      default:
        throw new Error(`the fake world has no ${name}`);
    }
  }

  #record(args: Record<string, never>, agent: string): Verification {
    const known = this.verifications.find(
      (each) =>
        each.step_index === args['step_index'] &&
        each.attempt === args['attempt'] &&
        each.agent_type === agent,
    );
    if (known !== undefined) return known;
    const id = `018f0000-0000-7000-8000-0000000001${String(this.verifications.length + 10)}`;
    const made = { ...args, id, agent_type: agent, created_at: at } as unknown as Verification;
    this.verifications.push(made);
    return made;
  }

  #queue(asked: ToolInput<'job.run'>, refuse: (type: ToolErrorType, message: string) => never) {
    const jobId = asked.job_id ?? '';
    const known = this.jobs.get(jobId);
    if (known !== undefined) {
      const isSame = JSON.stringify(known.asked) === JSON.stringify(asked);
      if (!isSame) refuse('conflict', 'there is a job of that job_id, and it is another one');
      return { job_id: jobId, status: known.job.status };
    }
    if (this.task.closed) refuse('conflict', 'the task has ended');
    const missing = asked.attachments?.find((path) => !this.files.has(path));
    if (missing !== undefined) refuse('invalid_arguments', `the task has no file ${missing}`);
    const job: AgentJob = {
      id: jobId,
      task_id: taskId,
      node_id: null,
      status: 'queued',
      payload: null,
      result: null,
      started_at: null,
      ended_at: null,
      created_at: at,
      updated_at: at,
    };
    this.jobs.set(jobId, { asked, job });
    return { job_id: jobId, status: 'queued' };
  }

  /** A job is done when somebody waits for it, once. */
  #execute(jobId: string): void {
    const entry = this.jobs.get(jobId);
    if (entry?.job.status !== 'queued') return;
    const ran = this.options.run?.(entry.asked) ?? {};
    if (ran === 'queued') return;
    if (ran === 'running') {
      const started_at = this.clock.now().toISOString();
      entry.job = { ...entry.job, status: 'running', started_at };
      return;
    }
    const { exit = 0, stdout = '', stderr = '', leaves = {}, tail } = ran;
    this.executions.set(jobId, (this.executions.get(jobId) ?? 0) + 1);
    for (const [path, text] of Object.entries(leaves)) this.files.set(path, text);
    const ends = tail === undefined ? {} : { tail: { stdout: { omitted_bytes: 9, text: tail } } };
    const inference =
      entry.asked.kind === 'inference' ? { inference: { model: 'scripted:1' } } : {};
    const result = { exit_code: exit, stdout, stderr, ...ends, ...inference };
    const status = exit === 0 ? 'completed' : 'failed';
    entry.job = { ...entry.job, status, result };
  }
}
