/** A project as a model is told of it. */
export interface ProjectContext {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string | undefined;
}

/** A task as a model is told of it. */
export interface TaskContext {
  readonly id: string;
  readonly name: string | undefined;
  readonly status: string;
  readonly criteria: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface ContextParts {
  /** Who the agent is; nothing can override it. */
  readonly baseline: string;
  /** What its role does and which tools it has. */
  readonly instructions: string;
  readonly project: ProjectContext | undefined;
  readonly task: TaskContext | undefined;
  /** What its user wants every agent of that kind to know. */
  readonly additional: string | undefined;
}

const line = (name: string, value: string | undefined): string[] =>
  value === undefined || value === '' ? [] : [`- ${name}: ${value}`];

function projectBlock({ id, name, slug, description }: ProjectContext): string {
  return [
    '## Project context',
    ...line('id', id),
    ...line('name', name),
    ...line('slug', slug),
    ...line('description', description),
  ].join('\n');
}

function taskBlock({ id, name, status, criteria, metadata }: TaskContext): string {
  return [
    '## Task context',
    ...line('id', id),
    ...line('name', name),
    ...line('status', status),
    ...line('acceptance criteria', criteria.join('; ')),
    ...line('metadata', Object.keys(metadata).length === 0 ? '' : JSON.stringify(metadata)),
  ].join('\n');
}

/**
 * What stands before every message to a model, in the one order there is: who it is, its role, project, task, and what
 * the user added. See docs/reference/workflow.md#context.
 */
export function contextOf({
  baseline,
  instructions,
  project,
  task,
  additional,
}: ContextParts): string {
  return [
    baseline,
    instructions,
    ...(project === undefined ? [] : [projectBlock(project)]),
    ...(task === undefined ? [] : [taskBlock(task)]),
    ...(additional === undefined || additional.trim() === ''
      ? []
      : [`## User additional context\n${additional}`]),
  ]
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .join('\n\n');
}

/** A preference that adds to a context: a text, or texts that are joined; of another kind it is not there. */
export function additionalContext(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || !value.every((part) => typeof part === 'string')) return undefined;
  return value.join('\n\n');
}
