import { TaskInputError } from '@cynodeai/api-client/task-input';
import { CommandError, UsageError } from '@cynodeai/command-line/error';
import { expect, it } from 'vitest';
import { exitCodeOf } from './exit-code.ts';
import { LauncherError } from './launcher-error.ts';

it.each([
  [new UsageError('no command rnu', []), 2],
  [new TaskInputError('x.sh is not there'), 2],
  [new LauncherError('usage', 'no such age'), 2],
  [new CommandError('interrupted', 'interrupted'), 130],
  [new CommandError('terminated', 'terminated'), 130],
  [new LauncherError('interrupted', 'interrupted'), 130],
  [new CommandError('internal', 'cannot write'), 125],
  [new LauncherError('stack', 'it does not come up'), 125],
  [new Error('a defect'), 125],
  ['nothing', 125],
])('%s ends a command with %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
