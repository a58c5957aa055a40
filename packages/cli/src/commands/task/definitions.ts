import { taskCreateRest } from '@cynodeai/api-client/task-create-flags';
import { type CommandDefinition, defineCommand } from '@cynodeai/command-line/definition';
import type { CommandContext } from '../context.ts';
import { confirmFlags } from '../shared/flags.ts';
import {
  artifactArgs,
  artifactGetAllFlags,
  artifactGetFlags,
  createFlags,
  getFlags,
  listFlags,
  logsFlags,
  rerunFlags,
  resultFlags,
  taskArgs,
  watchFlags,
} from './flags.ts';

export const taskCommands: readonly CommandDefinition<CommandContext>[] = [
  defineCommand({
    path: ['task', 'create'],
    summary: 'Create a task from text, a script or commands',
    args: {},
    flags: createFlags,
    rest: taskCreateRest,
    load: async () => (await import('./create.ts')).create,
  }),
  defineCommand({
    path: ['task', 'rerun'],
    summary: 'Create a task like an old one, changed where flags say so',
    args: taskArgs,
    flags: rerunFlags,
    rest: taskCreateRest,
    load: async () => (await import('./rerun.ts')).rerun,
  }),
  defineCommand({
    path: ['task', 'list'],
    summary: 'List and find tasks, newest first',
    args: {},
    flags: listFlags,
    load: async () => (await import('./list.ts')).list,
  }),
  defineCommand({
    path: ['task', 'get'],
    summary: 'Show one task',
    args: taskArgs,
    flags: getFlags,
    load: async () => (await import('./get.ts')).get,
  }),
  defineCommand({
    path: ['task', 'cancel'],
    summary: 'Cancel a task',
    args: taskArgs,
    flags: confirmFlags,
    load: async () => (await import('./cancel.ts')).cancel,
  }),
  defineCommand({
    path: ['task', 'delete'],
    summary: 'Remove a task that has ended, with result and files',
    args: taskArgs,
    flags: confirmFlags,
    load: async () => (await import('./delete.ts')).deleteTask,
  }),
  defineCommand({
    path: ['task', 'result'],
    summary: 'Show the outcome of a task',
    args: taskArgs,
    flags: resultFlags,
    load: async () => (await import('./result.ts')).result,
  }),
  defineCommand({
    path: ['task', 'watch'],
    summary: 'Show a task until it has ended',
    args: taskArgs,
    flags: watchFlags,
    jsonLines: 'always',
    load: async () => (await import('./watch.ts')).watch,
  }),
  defineCommand({
    path: ['task', 'logs'],
    summary: 'Print the output of a task',
    args: taskArgs,
    flags: logsFlags,
    jsonLines: { flag: 'follow' },
    load: async () => (await import('./logs.ts')).logs,
  }),
  defineCommand({
    path: ['task', 'artifacts', 'list'],
    summary: 'List the files of a task',
    args: taskArgs,
    flags: {},
    load: async () => (await import('./artifacts-list.ts')).listArtifacts,
  }),
  defineCommand({
    path: ['task', 'artifacts', 'get'],
    summary: 'Save a file of a task',
    args: artifactArgs,
    flags: artifactGetFlags,
    load: async () => (await import('./artifacts-get.ts')).getArtifact,
  }),
  defineCommand({
    path: ['task', 'artifacts', 'get-all'],
    summary: 'Save all files that the jobs of a task left',
    args: taskArgs,
    flags: artifactGetAllFlags,
    load: async () => (await import('./artifacts-get-all.ts')).getAllArtifacts,
  }),
];
