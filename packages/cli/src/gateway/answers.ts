import { GatewayError } from '@cynodeai/api-client';
import { type RunJobResult, runJobResultSchema } from '@cynodeai/contracts/common';
import type {
  Node,
  RoleBinding,
  Task,
  TaskLogs,
  TaskResult,
  User,
} from '@cynodeai/contracts/gateway';
import { type Sparse, lenientSchema } from '@cynodeai/runtime/call';

/** An answer of which some fields are surely there. */
type Holding<T, K extends keyof T> = T & { readonly [P in K]-?: Exclude<T[P], undefined> };

/**
 * An answer with the fields a command cannot do without; the rest may be missing, and ids are
 * opaque.
 * @throws GatewayError `gateway` naming the first that is not there.
 * See docs/reference/cli.md#requests.
 */
export function holding<T extends object, const K extends keyof T & string>(
  answer: T,
  ...fields: readonly K[]
): Holding<T, K> {
  const missingIn = (part: T): K | undefined =>
    fields.find((field) => part[field] === undefined || part[field] === '');
  const isWhole = (part: T): part is Holding<T, K> => missingIn(part) === undefined;
  if (isWhole(answer)) return answer;
  const missing = missingIn(answer) ?? '';
  const text = `the answer is not of the documented shape: ${missing} is missing`;
  throw new GatewayError('gateway', text);
}

/** A task by `task_id`, else `id`. See docs/reference/cli.md#requests. */
export function taskOf(answer: Sparse<Task>): ShownTask {
  const task_id = answer.task_id ?? answer.id;
  return holding({ ...answer, ...(task_id !== undefined && { task_id }) }, 'task_id', 'status');
}

export type ShownTask = Holding<Sparse<Task>, 'task_id' | 'status'>;

type SparseJob = NonNullable<Sparse<TaskResult>['jobs']>[number];

type ShownJob = Holding<Omit<SparseJob, 'result'>, 'id' | 'status'> & {
  readonly result: Sparse<RunJobResult> | undefined;
};

export type ShownResult = Holding<Omit<Sparse<TaskResult>, 'jobs'>, 'task_id' | 'status'> & {
  readonly jobs: readonly ShownJob[];
};

const jobResultSchema = lenientSchema(runJobResultSchema, 'sparse');

/** A job that no node could run has fewer fields, but none of another type. */
function jobOf({ result, ...job }: SparseJob): ShownJob {
  const parsed = jobResultSchema.optional().safeParse(result);
  if (parsed.success) {
    // The schema was derived from that of the type.
    return { ...holding(job, 'id', 'status'), result: parsed.data as ShownJob['result'] };
  }
  const field = ['result', ...(parsed.error.issues[0]?.path ?? [])].join('.');
  throw new GatewayError('gateway', `the answer is not of the documented shape: ${field} of a job`);
}

/** What became of a task. See docs/reference/cli.md#task-commands. */
export function resultOf(answer: Sparse<TaskResult>): ShownResult {
  const result = holding(answer, 'task_id', 'status', 'jobs');
  return { ...result, jobs: result.jobs.map(jobOf) };
}

export type ShownLogs = Holding<Sparse<TaskLogs>, 'task_id' | 'status'>;

/** Stored output of a task. */
export function logsOf(answer: Sparse<TaskLogs>): ShownLogs {
  return holding(answer, 'task_id', 'status', 'stream');
}

export type ShownUser = Holding<Sparse<User>, 'id' | 'handle' | 'is_active'>;

/** A user; only the fields that are shown may be printed, for an answer may hold more. */
export function userOf(answer: Sparse<User>): ShownUser {
  return holding(answer, 'id', 'handle', 'is_active');
}

export type ShownNode = Holding<Sparse<Node>, 'node_id' | 'status' | 'enabled'>;

/** A node. */
export function nodeOf(answer: Sparse<Node>): ShownNode {
  return holding(answer, 'node_id', 'status', 'enabled');
}

type BindingFields =
  'binding_id' | 'subject_type' | 'subject_id' | 'role' | 'scope_type' | 'is_active';

export type ShownBinding = Holding<Sparse<RoleBinding>, BindingFields>;

/** A grant of a role. */
export function bindingOf(answer: Sparse<RoleBinding>): ShownBinding {
  return holding(
    answer,
    'binding_id',
    'subject_type',
    'subject_id',
    'role',
    'scope_type',
    'is_active',
  );
}
