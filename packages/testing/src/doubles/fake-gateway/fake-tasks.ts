import { uuidSchema } from '@cynodeai/contracts/common';
import type {
  CreateTaskRequest,
  RerunTaskRequest,
  Folder,
  Task,
  TaskList,
  ListTasksQuery,
} from '@cynodeai/contracts/gateway';
import { canonicalHash } from '@cynodeai/runtime/crypto';
import { ProblemError } from '@cynodeai/runtime/http';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import type { FakeSecrets } from './bind-secrets.ts';
import type { FakeWorkspaces } from './bind-workspaces.ts';
import type { FakeUser } from './fake-identity.ts';
import { type FakeFile, FakeTask } from './fake-task.ts';
import { KeptAnswers } from './kept-answers.ts';
import { type PageQuery, Pages } from './pages.ts';
import { type SentTask, fromJson } from './task-form.ts';
import { changed, chooseName, readText, refuseField } from './task-input.ts';

const overseers: readonly string[] = ['owner', 'admin', 'operator'];

const overseesAll = ({ roles }: FakeUser): boolean =>
  roles.some((role) => overseers.includes(role));

/** True for one whose only system role is `viewer`: reads alone are left to them. */
const onlyViews = ({ roles }: FakeUser): boolean =>
  roles.length > 0 && roles.every((role) => role === 'viewer');

const pickWishes = (request: CreateTaskRequest) => {
  const { image, env, folder, secrets, workspace, args, stdin } = request;
  return { image, env, folder, secrets, workspace, args, stdin };
};

function fits(task: FakeTask, query: ListTasksQuery): boolean {
  const { name } = task.facts;
  const made = task.createdAt.getTime();
  const at = (text: string | undefined, usual: number): number =>
    text === undefined ? usual : new Date(text).getTime();
  return (
    (query.status === undefined || task.status === query.status) &&
    (query.name === undefined || name === query.name.toLowerCase()) &&
    (query.q === undefined || name.includes(query.q.toLowerCase())) &&
    // It has no nodes.
    query.node === undefined &&
    made >= at(query.since, 0) &&
    made < at(query.until, Infinity)
  );
}

/**
 * Tasks of a fake gateway. Roles in projects are left out: whoever is no overseer sees their own tasks, and every
 * project that was added.
 */
export class FakeTasks {
  readonly #clock: Clock;
  readonly #secrets: FakeSecrets;
  readonly #workspaces: FakeWorkspaces;
  /** In order of creation. */
  readonly all: FakeTask[] = [];
  readonly #projects = new Map<string, string>();
  /** By owner and name. */
  readonly #folders = new Map<string, Folder>();
  readonly #kept: KeptAnswers<Task>;
  readonly #pages = new Pages();
  #events = 0;
  /** What becomes of each task that a client creates; it stays queued unless told. */
  onCreated: ((task: FakeTask) => void) | undefined;

  constructor(clock: Clock, secrets: FakeSecrets, workspaces: FakeWorkspaces) {
    this.#clock = clock;
    this.#secrets = secrets;
    this.#workspaces = workspaces;
    this.#kept = new KeptAnswers(clock);
  }

  /** A project beside the default ones; answers its id. */
  addProject(slug: string): string {
    const id = uuidv7();
    this.#projects.set(slug, id);
    return id;
  }

  /** A folder was sent. @throws ProblemError `authorization` */
  keepFolder(owner: FakeUser, folder: Folder): void {
    if (onlyViews(owner)) throw new ProblemError('authorization', 'your role does not allow it');
    this.#folders.set(`${owner.id} ${folder.folder}`, folder);
  }

  /** A folder that the caller sent. @throws ProblemError `not_found` */
  folder(caller: FakeUser, folder: string): Folder {
    const found = this.#folders.get(`${caller.id} ${folder}`);
    if (found === undefined) throw new ProblemError('not_found', 'no such folder is stored');
    return found;
  }

  /** Folders go, as they do when nobody has used them for long. */
  dropFolders(): void {
    this.#folders.clear();
  }

  /** A task there is. */
  byId(id: string): FakeTask {
    const task = this.all.find(({ facts }) => facts.id === id);
    if (task === undefined) throw new Error(`there is no task ${id}`);
    return task;
  }

  /** Makes a task without a client. */
  add(owner: FakeUser, request: CreateTaskRequest): FakeTask {
    return this.#make(owner, fromJson(request));
  }

  /** @throws ProblemError */
  create(owner: FakeUser, sent: SentTask, key: string | undefined): Task {
    const files = sent.files.map(({ name, contentType = '', bytes }) => [
      name,
      contentType,
      bytes.toString('base64'),
    ]);
    const hash = canonicalHash([sent.request, files]);
    return this.#kept.once(owner.id, key, hash, () => {
      const task = this.#make(owner, sent);
      const answer = task.view();
      this.onCreated?.(task);
      return answer;
    });
  }

  /** @throws ProblemError */
  rerun(caller: FakeUser, id: string, changes: RerunTaskRequest, key: string | undefined): Task {
    return this.#kept.once(caller.id, key, canonicalHash([id, changes]), () => {
      const { facts } = this.find(caller, id);
      const files = facts.files.map((file) => ({ ...file, id: uuidv7() }));
      const request = changed(facts, changes, facts.ownerId === caller.id);
      const task = this.#make(caller, { request, files }, facts.id);
      const answer = task.view();
      this.onCreated?.(task);
      return answer;
    });
  }

  /** The task a caller names by uuid, or by the name they gave it. @throws ProblemError `not_found`. */
  find(caller: FakeUser, text: string): FakeTask {
    const wanted = text.toLowerCase();
    const byId = uuidSchema.safeParse(wanted).success;
    const task = this.all.find(({ facts }) =>
      byId ? facts.id === wanted : facts.name === wanted && facts.ownerId === caller.id,
    );
    if (task === undefined || !this.#sees(caller, task)) {
      throw new ProblemError('not_found', 'no such task');
    }
    return task;
  }

  /** @throws ProblemError `validation`, `not_found`. */
  list(caller: FakeUser, query: ListTasksQuery): TaskList {
    const projectId = query.project_id && this.#project(caller, query.project_id);
    const owner = query.owner?.toLowerCase();
    const isOwn = query.owner === 'me' || owner === caller.handle.toLowerCase();
    const ownerId = isOwn ? caller.id : owner;
    if (ownerId !== undefined && ownerId !== caller.id && !overseesAll(caller)) {
      throw new ProblemError('authorization', 'only those who oversee all tasks may ask for them');
    }
    const found = this.all.filter(
      (task) =>
        this.#sees(caller, task) &&
        fits(task, query) &&
        (ownerId === undefined ||
          [task.facts.ownerId, task.facts.owner.toLowerCase()].includes(ownerId)) &&
        (projectId === undefined || task.facts.projectId === projectId),
    );
    const { page, next } = this.#pages.of(
      query.sort === 'oldest' ? found : found.toReversed(),
      query,
    );
    return { tasks: page.map((task) => task.view()), ...next };
  }

  /** @throws ProblemError `not_found`, `authorization`, `conflict`. */
  cancel(caller: FakeUser, text: string): FakeTask {
    const task = this.find(caller, text);
    if (onlyViews(caller)) throw new ProblemError('authorization', 'your role does not allow it');
    if (task.hasEnded && task.status !== 'canceled') {
      throw new ProblemError('conflict', `the task is ${task.status} and cannot be canceled`);
    }
    return task.cancel();
  }

  /** @throws ProblemError `not_found`, `authorization`, `conflict`. */
  remove(caller: FakeUser, text: string): FakeTask {
    const task = this.find(caller, text);
    const isAdministrator = caller.roles.some((role) => role === 'owner' || role === 'admin');
    const isOwn = task.facts.ownerId === caller.id && !onlyViews(caller);
    if (!isOwn && !isAdministrator) {
      throw new ProblemError('authorization', 'your role does not allow deleting this task');
    }
    if (!task.hasEnded) {
      const first = `cynork task cancel ${task.facts.name}`;
      throw new ProblemError('conflict', `the task is ${task.status}; first cancel it: ${first}`);
    }
    if (task.isWorkedOn) {
      const text = 'a node may still work on the task; try again in a minute';
      throw new ProblemError('conflict', text);
    }
    this.all.splice(this.all.indexOf(task), 1);
    return task;
  }

  /** One page of a task's files, newest first. @throws ProblemError */
  files(task: FakeTask, query: PageQuery) {
    return this.#pages.of<FakeFile>(task.facts.files.toReversed(), query);
  }

  #make(owner: FakeUser, { request, files }: SentTask, rerunOf?: string): FakeTask {
    const { mode, text } = readText(request);
    for (const name of request.secrets ?? []) {
      if (!this.#secrets.of(owner).has(name)) refuseField('secrets', `there is no secret ${name}`);
    }
    const isTaken = (name: string): boolean =>
      this.all.some(({ facts }) => facts.ownerId === owner.id && facts.name === name);
    const facts = {
      id: uuidv7(this.#clock.now().getTime()),
      name: chooseName(request, text, isTaken),
      ownerId: owner.id,
      owner: owner.handle,
      projectId: this.#project(owner, request.project_id ?? owner.defaultProjectId),
      mode,
      text,
      files,
      request,
      rerunOf,
      wishes: pickWishes(request),
    };
    if (onlyViews(owner)) throw new ProblemError('authorization', 'your role does not allow it');
    if (request.stdin === true && !files.some(({ name }) => name === 'stdin')) {
      refuseField('stdin', 'needs an attachment of that name');
    }
    if (request.folder !== undefined) this.folder(owner, request.folder);
    this.#workspaces.use(owner, request.workspace);
    const task = new FakeTask(facts, this.#clock, () => (this.#events += 1));
    this.all.push(task);
    return task;
  }

  #project(caller: FakeUser, text: string): string {
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) {
      refuseField('project_id', 'must be a project uuid or slug');
    }
    const { id, defaultProjectId } = caller;
    if (text === defaultProjectId || text === `default-${id}`) return defaultProjectId;
    for (const [slug, project] of this.#projects)
      if ([slug, project].includes(text)) return project;
    throw new ProblemError('not_found', 'no such project');
  }

  #sees(caller: FakeUser, { facts }: FakeTask): boolean {
    return facts.ownerId === caller.id || overseesAll(caller);
  }
}
