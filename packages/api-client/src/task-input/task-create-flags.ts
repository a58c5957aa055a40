import type { FlagValues, Flags } from '@cynodeai/command-line/definition';

/**
 * The flags that say what a new task is, for every program that makes one.
 * See docs/reference/cli.md#create-a-task.
 */
export const taskCreateFlags = {
  task: { type: 'string', short: 't', value: 'text', help: 'what to do, in plain text' },
  prompt: { type: 'string', short: 'p', value: 'text', help: 'the same as --task' },
  taskFile: { type: 'string', short: 'f', value: 'path', help: 'the same, from a file' },
  script: {
    type: 'string',
    short: 's',
    value: 'path',
    help: 'run this script in the sandbox; - reads it from standard input',
  },
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
  dir: {
    type: 'string',
    value: 'path',
    help: 'send this folder; a script or commands run in it (of a git checkout: what is not ignored)',
  },
  stdin: { type: 'boolean', help: 'send standard input; a script or commands read it as theirs' },
  name: { type: 'string', value: 'text', help: 'name of the task' },
  projectId: { type: 'string', value: 'uuid|slug', help: 'project of the task' },
  timeout: {
    type: 'string',
    value: 'duration',
    help: 'end a script or commands after this long, such as 90s or 15m (default 1h, 1s to 3h)',
  },
  image: {
    type: 'string',
    value: 'image',
    help: 'run in this image: one made by cynode image build, or one of a registry that the node allows',
  },
  env: {
    type: 'strings',
    short: 'e',
    value: 'name[=value]',
    help: 'set a variable of a script or commands, without a value the one set here; repeat it for more',
  },
  envFile: {
    type: 'strings',
    value: 'path',
    help: 'the same from a file, one NAME=VALUE a line',
  },
  secret: {
    type: 'strings',
    value: 'name',
    help: 'give a script or commands this secret of yours as the file /run/secrets/NAME; see cynork secrets',
  },
  workspace: {
    type: 'string',
    value: 'name',
    help: 'run a script or commands in this workspace of yours, which is kept between tasks; see cynork workspaces',
  },
  useInference: { type: 'boolean', help: 'let a script or commands reach the model' },
} as const satisfies Flags;

/** Of the words behind `--`, for the help. */
export const taskCreateRest =
  'words for the script; without a script, a command and its words, which no shell reads';

/** What was typed of these flags. */
export type TaskCreateValues = FlagValues<typeof taskCreateFlags>;
