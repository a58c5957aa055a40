import type { Args, Flags } from '../../program/flag.ts';

/** Every command on one task takes its uuid or its name, sent as given. Contract 05 section 7. */
export const taskArgs = { task: 'uuid or name of the task' } as const satisfies Args;

/** Contract 05 section 7.1. */
export const createFlags = {
  task: { type: 'string', short: 't', value: 'text', help: 'what to do, in plain text' },
  prompt: { type: 'string', short: 'p', value: 'text', help: 'the same as --task' },
  taskFile: { type: 'string', short: 'f', value: 'path', help: 'the same, from a file' },
  script: { type: 'string', short: 's', value: 'path', help: 'run this script in the sandbox' },
  command: {
    type: 'strings',
    value: 'text',
    help: 'run this command in the sandbox; repeat it for more, in order',
  },
  commandsFile: {
    type: 'string',
    value: 'path',
    help: 'run the commands of this file, one a line',
  },
  inputMode: {
    type: 'choice',
    value: 'mode',
    choices: ['prompt', 'script', 'commands'],
    help: 'how to treat the text of --task, --prompt or --task-file (default prompt)',
  },
  attach: {
    type: 'strings',
    short: 'a',
    value: 'path',
    help: 'send this file along; repeat it for more',
  },
  name: { type: 'string', value: 'text', help: 'name of the task' },
  projectId: { type: 'string', value: 'uuid|slug', help: 'project of the task' },
  timeout: {
    type: 'string',
    value: 'duration',
    help: 'end a script or commands after this long, such as 90s, 15m or 1h (1s to 3h)',
  },
  useInference: { type: 'boolean', help: 'let a script or commands reach the model' },
  result: { type: 'boolean', help: 'wait for the end and print the result' },
} as const satisfies Flags;

/** Contract 05 sections 2.4 and 7.2. */
export const listFlags = {
  status: {
    type: 'choice',
    value: 'status',
    choices: ['queued', 'running', 'completed', 'failed', 'canceled', 'superseded'],
    help: 'only tasks in this state',
  },
  limit: {
    type: 'integer',
    short: 'l',
    value: 'n',
    min: 1,
    max: 200,
    help: 'tasks per page (default 50)',
  },
  cursor: { type: 'string', value: 'opaque', help: 'continue after an earlier page' },
} as const satisfies Flags;

/** Contract 05 section 7.5. */
export const resultFlags = {
  wait: { type: 'boolean', short: 'w', help: 'wait until the task has ended' },
} as const satisfies Flags;

/** Contract 05 section 7.6. */
export const watchFlags = {
  interval: {
    type: 'string',
    short: 'n',
    value: 'duration',
    help: 'pause between questions where there is no event stream, such as 1500ms (default 2s, at least 1s)',
  },
  noClear: { type: 'boolean', help: 'keep what was shown before' },
} as const satisfies Flags;

/** Contract 05 section 7.4. */
export const cancelFlags = {
  yes: { type: 'boolean', short: 'y', help: 'do not ask' },
} as const satisfies Flags;

/** Contract 05 section 7.7. */
export const logsFlags = {
  stream: {
    type: 'choice',
    value: 'stream',
    choices: ['stdout', 'stderr', 'all'],
    help: 'which output to print (default all)',
  },
  follow: { type: 'boolean', short: 'F', help: 'print new output until the task has ended' },
} as const satisfies Flags;

/** Contract 05 section 7.8. */
export const artifactArgs = {
  ...taskArgs,
  artifact_id: 'id of the file, as the list shows it',
} as const satisfies Args;

/** Contract 05 section 7.8. */
export const artifactGetFlags = {
  out: { type: 'string', value: 'path', help: 'where to put the file' },
  force: { type: 'boolean', help: 'replace a file that is there' },
} as const satisfies Flags;
