import { taskCreateFlags } from '@cynodeai/api-client/task-create-flags';
import type { Args, Flags } from '@cynodeai/command-line/definition';
import { pagingFlags } from '../shared/flags.ts';

/**
 * Every command on one task takes its uuid or its name, sent as given.
 * See docs/reference/cli.md#task-commands.
 */
export const taskArgs = { task: 'uuid or name of the task' } as const satisfies Args;

/** Of commands that show how a task ended. See docs/reference/cli.md#exit-codes. */
export const exitStatusFlag = {
  exitStatus: {
    type: 'boolean',
    help: 'end with the exit code of the job, 124 when its time was up, 130 when canceled, 125 when it did not run, 75 while it goes on',
  },
} as const satisfies Flags;

/** See docs/reference/cli.md#task-commands. */
export const getFlags = { ...exitStatusFlag } as const satisfies Flags;

/** See docs/reference/cli.md#create-a-task. */
export const createFlags = {
  ...taskCreateFlags,
  result: { type: 'boolean', help: 'wait for the end and print the result' },
  ...exitStatusFlag,
} as const satisfies Flags;

/** What may be other than in the old task: all but its files. See docs/reference/cli.md#create-a-task. */
const { attach: _attach, stdin: _stdin, ...changeFlags } = taskCreateFlags;

export const rerunFlags = {
  ...changeFlags,
  result: createFlags.result,
  ...exitStatusFlag,
} as const satisfies Flags;

/** See docs/reference/cli.md#paging and docs/reference/cli.md#task-commands. */
export const listFlags = {
  status: {
    type: 'choice',
    value: 'status',
    choices: ['queued', 'running', 'completed', 'failed', 'canceled', 'superseded'],
    help: 'only tasks in this state',
  },
  name: { type: 'string', value: 'name', help: 'only the task of this name' },
  search: { type: 'string', value: 'text', help: 'only tasks with this text in their names' },
  since: {
    type: 'string',
    value: 'time',
    help: 'only tasks made since then: 2h or 7d ago, 2026-11-30, 2026-11-30T08:00:00Z',
  },
  until: { type: 'string', value: 'time', help: 'only tasks made before then' },
  owner: { type: 'string', value: 'user', help: 'only tasks of this user: handle, uuid, or me' },
  node: { type: 'string', value: 'node', help: 'only tasks with a job on this node: slug or uuid' },
  sort: {
    type: 'choice',
    value: 'order',
    choices: ['newest', 'oldest'],
    help: 'which come first (default newest)',
  },
  all: { type: 'boolean', help: 'every page, not one' },
  ids: { type: 'boolean', help: 'show the id of each task too; a pipe is always given it' },
  ...pagingFlags,
} as const satisfies Flags;

/** See docs/reference/cli.md#task-commands. */
export const resultFlags = {
  wait: { type: 'boolean', short: 'w', help: 'wait until the task has ended' },
  ...exitStatusFlag,
} as const satisfies Flags;

/** See docs/reference/cli.md#task-commands. */
export const watchFlags = {
  interval: {
    type: 'string',
    short: 'n',
    value: 'duration',
    help: 'pause between questions where there is no event stream, such as 1500ms (default 2s, at least 1s)',
  },
  noClear: { type: 'boolean', help: 'keep what was shown before' },
  ...exitStatusFlag,
} as const satisfies Flags;

/** See docs/reference/cli.md#task-commands. */
export const logsFlags = {
  stream: {
    type: 'choice',
    value: 'stream',
    choices: ['stdout', 'stderr', 'all'],
    help: 'which output to print (default all)',
  },
  follow: { type: 'boolean', short: 'F', help: 'print new output until the task has ended' },
  raw: { type: 'boolean', help: 'write stdout, or the stream that is named, byte for byte' },
} as const satisfies Flags;

/** See docs/reference/cli.md#task-commands. */
export const artifactArgs = {
  ...taskArgs,
  artifact_id: 'id of the file, as the list shows it',
} as const satisfies Args;

/** See docs/reference/cli.md#task-commands. */
export const artifactGetAllFlags = {
  out: { type: 'string', value: 'dir', help: 'folder for the files; it is made if it is missing' },
  force: { type: 'boolean', help: 'replace files that are there' },
} as const satisfies Flags;

/** See docs/reference/cli.md#task-commands. */
export const artifactGetFlags = {
  out: { type: 'string', value: 'path', help: 'where to put the file' },
  force: { type: 'boolean', help: 'replace a file that is there' },
} as const satisfies Flags;
