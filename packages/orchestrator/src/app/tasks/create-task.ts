import type { CreateTaskRequest, Task } from '@cynodeai/contracts/gateway';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { Project } from '../../domain/projects/project.ts';
import { planJob } from '../../domain/tasks/plan-job.ts';
import { shownWishes } from '../../domain/tasks/sandbox-wishes.ts';
import { readTaskInput, wantedTaskName } from '../../domain/tasks/task-input.ts';
import type { TaskInput } from '../../domain/tasks/task-input.ts';
import {
  type TaskNameChoice,
  chooseTaskName,
  numberedTaskName,
} from '../../domain/tasks/task-name.ts';
import { attachmentFolder, stdinName, taskView } from '../../domain/tasks/task-record.ts';
import type { BlobWriter } from '../../ports/blobs-writer.ts';
import type { DiskSpace } from '../../ports/disk-space.ts';
import type { Folders } from '../../ports/folders.ts';
import type { ProjectStore } from '../../ports/projects.ts';
import type { SecretReader } from '../../ports/secrets.ts';
import type {
  IdempotencyClaim,
  NewArtifact,
  TaskCreation,
  TaskCreator,
  TaskReader,
  TransactTasks,
} from '../../ports/tasks.ts';
import type { WorkspaceReader } from '../../ports/workspaces.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { changeRow } from '../audit/record.ts';
import { createdAnswer, keyLost } from '../idempotency/run-once.ts';
import { useFolder } from '../folders/use-folder.ts';
import { findWritable, firstProject } from '../projects/resolve-project.ts';
import { requireSecrets } from '../secrets/require-secrets.ts';
import { requireWorkspace } from '../workspaces/require-workspace.ts';
import { type TaskNumbers, createNumbered } from './name-task.ts';
import { requireRoom } from './require-room.ts';
import { type StoredAttachment, storeInline } from './task-blobs.ts';

export interface CreateTaskDeps extends TaskCreator {
  readonly transact: TransactTasks;
  readonly projects: Pick<ProjectStore, 'find'>;
  readonly blobs: BlobWriter;
  readonly folders: Pick<Folders, 'use'>;
  readonly disk: DiskSpace;
  readonly secrets: SecretReader;
  readonly workspaces: WorkspaceReader;
  readonly tasks: Pick<TaskReader, 'status'>;
  readonly numbers: TaskNumbers;
  readonly clock: Clock;
  /** Whether a workflow plans and runs prompts; otherwise a model answers them straight. */
  readonly promptsHaveWorkflows?: () => Promise<boolean>;
}

/** A task as it was sent. */
export interface SentTask {
  readonly request: CreateTaskRequest;
  /** Attachments that are stored already; removed with the rest when the task cannot be made. */
  readonly received?: readonly StoredAttachment[];
  /** The task it is made from. */
  readonly rerunOf?: string;
  /** It waits for somebody to begin it. */
  readonly unstarted?: boolean;
}

/** What begins a task: its first job, its workflow, or somebody later. */
type Start = 'job' | 'workflow' | 'later';

interface PreparedTask {
  readonly taskId: string;
  readonly request: CreateTaskRequest;
  readonly input: TaskInput;
  readonly name: TaskNameChoice;
  readonly artifacts: readonly NewArtifact[];
  readonly folderId: string | undefined;
  readonly rerunOf: string | undefined;
  readonly start: Start;
  readonly at: Date;
  /** Held when the caller sent an idempotency key. */
  readonly claim: IdempotencyClaim | undefined;
}

function metadata({
  input,
  name,
  rerunOf,
  start,
  at,
}: PreparedTask): Readonly<Record<string, unknown>> {
  const { image, envNames, secrets, folder, workspace } = shownWishes(input.wishes);
  return {
    use_inference: input.useInference,
    ...(input.commands && { commands: input.commands }),
    ...(folder !== undefined && { folder }),
    ...(workspace !== undefined && { workspace }),
    ...(name.provisional && { name_provisional: true }),
    ...(rerunOf !== undefined && { rerun_of: rerunOf }),
    ...(input.args && { args: input.args }),
    ...(input.stdin && { stdin: true }),
    ...(image !== undefined && { image }),
    ...(envNames && { env_names: envNames }),
    ...(secrets && { secrets }),
    ...(start === 'workflow' && {
      workflow: { requested_at: at.toISOString(), trigger: 'user_api' },
    }),
  };
}

function artifactsOf(stored: readonly StoredAttachment[], at: Date): NewArtifact[] {
  return stored.map((blob) => ({
    id: uuidv7(at.getTime()),
    path: `${attachmentFolder}${blob.name}`,
    storageRef: blob.storageRef,
    sizeBytes: blob.sizeBytes,
    contentType: blob.contentType,
    sha256: blob.sha256,
    claim: blob.claim,
  }));
}

/** What is written for a task, and the answer that shows it, under a name. */
function creationOf(
  caller: Caller,
  prepared: PreparedTask,
  project: Project,
  number: number,
): { readonly creation: TaskCreation; readonly task: Task } {
  const { taskId: id, request, input, rerunOf, at, claim } = prepared;
  const row = {
    id,
    createdBy: caller.actor.userId,
    projectId: project.id,
    name: numberedTaskName(prepared.name.name, number),
    inputMode: input.mode,
    prompt: input.text,
    description: input.mode === 'prompt' ? input.text : undefined,
    acceptanceCriteria: request.acceptance_criteria,
    metadata: metadata(prepared),
    folderId: prepared.folderId,
    at,
  };
  const attachments = prepared.artifacts.map(({ id: artifactId, ...file }) => ({
    ...file,
    artifactId,
  }));
  const task = taskView({
    ...row,
    ...shownWishes(input.wishes),
    rerunOf,
    ...(input.args && { args: input.args }),
    status: 'pending',
    summary: undefined,
    attachments,
    createdAt: at,
    updatedAt: at,
  });
  const done = {
    outcome: 'created',
    resourceId: id,
    projectId: project.id,
    ...(rerunOf !== undefined && { details: { rerun_of: rerunOf } }),
  } as const;
  const creation = {
    task: row,
    artifacts: prepared.artifacts,
    job:
      prepared.start === 'job'
        ? { id: uuidv7(at.getTime()), payload: planJob(input, attachments) }
        : undefined,
    workspace: input.wishes.workspace,
    audit: changeRow(caller, done, at),
    kept: claim && { claim, answer: createdAnswer(caller.call, task) },
  };
  return { creation, task };
}

async function startOf(
  { promptsHaveWorkflows }: Pick<CreateTaskDeps, 'promptsHaveWorkflows'>,
  { mode }: TaskInput,
): Promise<Start> {
  return mode === 'prompt' && (await promptsHaveWorkflows?.()) === true ? 'workflow' : 'job';
}

/** Writes the task, under the lowest free number when the creator has its name already. */
async function persist(
  deps: CreateTaskDeps,
  caller: Caller,
  prepared: PreparedTask,
): Promise<Task> {
  const { actor } = caller;
  const { userId } = actor;
  const { request, at } = prepared;
  const { name } = prepared.name;
  const known = await findWritable(deps.projects, actor, request.project_id);
  const create = async (creator: TaskCreator, project: Project, number: number) => {
    const { creation, task } = creationOf(caller, prepared, project, number);
    const result = await creator.create(creation);
    if (result === 'key_lost') throw keyLost();
    if (result === 'name_taken') return undefined;
    deps.numbers.given(userId, name, number);
    return task;
  };
  // Most tasks are in a project that is known, under a name nobody took meanwhile: one statement makes them.
  const task = known && (await create(deps, known, deps.numbers.next(userId, name)));
  if (task !== undefined) return task;
  return deps.transact(async (transaction) => {
    const project = known ?? (await firstProject(transaction, actor, at));
    return createNumbered(transaction, userId, name, (number) =>
      create(transaction, project, number),
    );
  });
}

/**
 * Stores a task with its attachments and first job and returns without waiting for it; nothing is
 * left behind when any part fails. See docs/reference/tasks-and-jobs.md#create and
 * docs/reference/tasks-and-jobs.md#attachments, REQ-ORCHES-0121.
 * @throws OrchestratorError `input_invalid`, `input_too_large`, `folder_unknown`, `project_unknown`, `project_disabled`, `forbidden`,
 * `idempotency_conflict`, `storage_full`.
 */
export async function createTask(
  deps: CreateTaskDeps,
  caller: Caller,
  { request, received = [], rerunOf, unstarted = false }: SentTask,
  claim?: IdempotencyClaim,
): Promise<Outcome<'created', Task>> {
  const stored = [...received];
  const at = deps.clock.now();
  const taskId = uuidv7(at.getTime());
  try {
    const input = readTaskInput(request);
    const name = chooseTaskName(wantedTaskName(request), input.text);
    await requireSecrets(deps.secrets, caller.actor.userId, input.wishes.secrets);
    await requireWorkspace(deps.workspaces, caller.actor.userId, input.wishes.workspace);
    await requireRoom(deps.disk);
    stored.push(...(await storeInline(deps.blobs, request.attachments ?? [], stored)));
    if (input.stdin && !stored.some((blob) => blob.name === stdinName)) {
      const message = `stdin needs an attachment named ${stdinName}`;
      throw new OrchestratorError('input_invalid', message, { field: 'stdin' });
    }
    const artifacts = artifactsOf(stored, at);
    const { folder } = input.wishes;
    const folderId = folder && (await useFolder(deps, caller.actor, folder)).id;
    const start = unstarted ? 'later' : await startOf(deps, input);
    const made = { artifacts, folderId, rerunOf, start };
    const prepared = { taskId, request, input, name, ...made, at, claim };
    return { kind: 'created', value: await persist(deps, caller, prepared) };
  } catch (error) {
    if (!(await wasStored(deps, taskId, error))) await deps.blobs.withdraw(stored);
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
