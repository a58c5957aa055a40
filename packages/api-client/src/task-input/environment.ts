import { envFault, envNamePattern, limits } from '@cynodeai/contracts/common';
import type { Env } from '@cynodeai/runtime/config';
import { readCheckedText } from './checked-file.ts';
import { TaskInputError } from './task-input-error.ts';
import type { TaskInputFlags } from './task-input-flags.ts';

type Variable = readonly [name: string, value: string];

/** One `NAME=VALUE`, or a `NAME` whose value the caller has. `where` begins the words about a fault; they hold no value. */
function variableOf(text: string, where: string, caller: Env): Variable {
  const at = text.indexOf('=');
  const name = at === -1 ? text : text.slice(0, at);
  if (!envNamePattern.test(name)) {
    const shown = at === -1 ? 'NAME=VALUE, or NAME alone, is expected' : 'no name before =';
    throw new TaskInputError(
      `${where}: ${shown}; a name has letters, digits and underscores, no digit first`,
    );
  }
  if (at !== -1) return [name, text.slice(at + 1)];
  // A name that every object has is no variable.
  const value = Object.hasOwn(caller, name) ? caller[name] : undefined;
  if (value !== undefined) return [name, value];
  throw new TaskInputError(`${where}: ${name} is not set here; give it a value: ${name}=VALUE`);
}

/** Lines of a file as Docker reads them: `#` begins a comment line, and a value is taken as it stands. */
async function variablesOf(path: string, caller: Env): Promise<Variable[]> {
  const text = await readCheckedText(path, 2 * limits.envBytes);
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((line, index) => {
      const entry = line.trimStart();
      if (entry === '' || entry.startsWith('#')) return [];
      return [variableOf(entry, `${path}, line ${index + 1}`, caller)];
    });
}

/**
 * The variables of a new task: those of the files in order, then those of the flags, the last of a name counts.
 * @param caller where a name without a value is looked up
 * @throws TaskInputError for one that is none, with no value in its words. See docs/reference/cli.md#create-a-task.
 */
export async function readEnvironment(
  { env = [], envFile = [] }: Pick<TaskInputFlags, 'env' | 'envFile'>,
  caller: Env,
): Promise<Readonly<Record<string, string>> | undefined> {
  const variables: Variable[] = [];
  for (const path of envFile) variables.push(...(await variablesOf(path, caller)));
  for (const text of env) variables.push(variableOf(text, '--env', caller));
  if (variables.length === 0) return undefined;
  const all = Object.fromEntries(variables);
  const fault = envFault(all);
  if (fault !== undefined) throw new TaskInputError(fault);
  return all;
}
