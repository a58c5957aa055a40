import type { CreateTaskRequest, Task } from '@cynodeai/contracts/gateway';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { planJob } from '../../domain/tasks/plan-job.ts';
import { readTaskInput, wantedTaskName } from '../../domain/tasks/task-input.ts';
import type { TaskInput } from '../../domain/tasks/task-input.ts';
import { chooseTaskName } from '../../domain/tasks/task-name.ts';
import { attachmentFolder, taskView } from '../../domain/tasks/task-record.ts';
import type { BlobWriter } from '../../ports/blobs-writer.ts';
import type {
  IdempotencyClaim,
  NewArtifact,
  TaskReader,
  TaskTransaction,
  TransactTasks,
} from '../../ports/tasks.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { keepCreated } from '../idempotency/run-once.ts';
import { resolveProject } from '../projects/resolve-project.ts';
import { insertNamedTask } from './name-task.ts';
import { type StoredAttachment, removeBlobs, storeInline } from './task-blobs.ts';

export interface CreateTaskDeps {
  readonly transact: TransactTasks;
  readonly blobs: BlobWriter;
  readonly tasks: Pick<TaskReader, 'status'>;
  readonly clock: Clock;
}

/** A task as it was sent. */
export interface SentTask {
  readonly request: CreateTaskRequest;
  /** Attachments that are stored already; removed with the rest when the task cannot be made. */
  readonly received?: readonly StoredAttachment[];
}

interface PreparedTask {
  readonly request: CreateTaskRequest;
  readonly taskId: string;
  readonly input: TaskInput;
  readonly artifacts: readonly NewArtifact[];
  readonly at: Date;
  /** Held when the caller sent an idempotency key. */
  readonly claim: IdempotencyClaim | undefined;
}

function metadata(input: TaskInput, provisional: boolean): Readonly<Record<string, unknown>> {
  return {
    use_inference: input.useInference,
    ...(input.commands && { commands: input.commands }),
    ...(provisional && { name_provisional: true }),
  };
}

function artifactsOf(taskId: string, stored: readonly StoredAttachment[], at: Date): NewArtifact[] {
  return stored.map((blob) => ({
    id: uuidv7(at.getTime()),
    taskId,
    path: `${attachmentFolder}${blob.name}`,
    storageRef: blob.storageRef,
    sizeBytes: blob.sizeBytes,
    contentType: blob.contentType,
    sha256: blob.sha256,
    at,
  }));
}

async function persist(
  transaction: TaskTransaction,
  caller: Caller,
  prepared: PreparedTask,
): Promise<Outcome<'created', Task>> {
  const { actor } = caller;
  const { taskId, request, input, artifacts, at } = prepared;
  const project = await resolveProject(transaction.projects, actor, request.project_id, at);
  const choice = chooseTaskName(wantedTaskName(request), input.text);
  const row = {
    id: taskId,
    createdBy: actor.userId,
    projectId: project.id,
    inputMode: input.mode,
    prompt: input.text,
    description: input.mode === 'prompt' ? input.text : undefined,
    acceptanceCriteria: request.acceptance_criteria,
    metadata: metadata(input, choice.provisional),
    at,
  };
  const name = await insertNamedTask(transaction, choice, row);
  const attachments = artifacts.map(({ id, ...artifact }) => ({ ...artifact, artifactId: id }));
  await transaction.insertArtifacts(artifacts);
  const payload = planJob(input, attachments);
  await transaction.insertJob({ id: uuidv7(at.getTime()), taskId, payload, at });
  const task = taskView({
    ...row,
    name,
    status: 'pending',
    summary: undefined,
    attachments,
    createdAt: at,
    updatedAt: at,
  });
  const done = { outcome: 'created', resourceId: taskId, projectId: project.id } as const;
  await record(transaction.audit, caller, done, at);
  await keepCreated(transaction, caller.call, prepared.claim, task);
  return { kind: 'created', value: task };
}

/**
 * Stores a task with its attachments and first job and returns without waiting for it; nothing is left behind
 * when any part fails. Contract 04 sections 9.2, 9.3, REQ-ORCHES-0121.
 * @throws OrchestratorError `input_invalid`, `input_too_large`, `project_unknown`, `project_disabled`, `forbidden`,
 * `idempotency_conflict`.
 */
export async function createTask(
  deps: CreateTaskDeps,
  caller: Caller,
  { request, received = [] }: SentTask,
  claim?: IdempotencyClaim,
): Promise<Outcome<'created', Task>> {
  const stored = [...received];
  const at = deps.clock.now();
  const taskId = uuidv7(at.getTime());
  try {
    const input = readTaskInput(request);
    wantedTaskName(request);
    stored.push(...(await storeInline(deps.blobs, request.attachments ?? [], stored)));
    const artifacts = artifactsOf(taskId, stored, at);
    const prepared = { taskId, request, input, artifacts, at, claim };
    return await deps.transact((transaction) => persist(transaction, caller, prepared));
  } catch (error) {
    if (!(await wasStored(deps, taskId, error))) await removeBlobs(deps.blobs, stored);
    throw error;
  }
}

/** A connection lost at commit does not tell: blobs stay when the task is there, or when nobody can say. */
async function wasStored(deps: CreateTaskDeps, taskId: string, error: unknown): Promise<boolean> {
  if (error instanceof OrchestratorError) return false;
  return deps.tasks.status(taskId).then(
    (status) => status !== undefined,
    () => true,
  );
}
