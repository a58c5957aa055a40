import { isDeepStrictEqual } from 'node:util';
import type { DatabaseChoice } from '../domain/database.ts';
import { type InferencePath, describePath, wantsOtherInference } from '../domain/inference.ts';
import { type SettleOptions, settleInference } from '../inference/settle-inference.ts';
import { type Install, storeChoices } from '../install/install.ts';
import { runningStack } from '../stack/running-stack.ts';
import { type RestartOptions, offerRestart } from '../stack/offer-restart.ts';
import type { StackState } from '../stack/stack-state.ts';
import { checkStart } from './check-start.ts';

export interface PrepareOptions extends SettleOptions, Pick<RestartOptions, 'countRunning'> {
  /** What the command line says about the database. */
  readonly database: DatabaseChoice | undefined;
}

/**
 * Chooses inference for a stack that is about to start. A running one keeps what it has unless something else is
 * demanded; then it is stopped, so that every role starts with the new choice. That needs consent while tasks run.
 * @throws LauncherError `setup`, `usage`, `stack`, `declined`, `interrupted`.
 */
export async function prepareStart(options: PrepareOptions): Promise<Install> {
  const { install, env } = options;
  const running = runningStack(install);
  if (running !== undefined && !wantsOtherInference(install.inference, options.choice, env))
    return install;
  const settled = await settleInference(options);
  const { path } = settled.inference;
  if (running === undefined || isDeepStrictEqual(running.inference, path)) return settled;
  try {
    await changeOver(running, path, options);
  } catch (error) {
    // The stack that goes on has what was chosen before.
    await storeChoices(install, { inference: install.inference });
    throw error;
  }
  return settled;
}

async function changeOver(
  running: StackState,
  path: InferencePath,
  options: PrepareOptions,
): Promise<void> {
  const { install, env, database, yes, countRunning, progress } = options;
  const count = await countRunning(install);
  const from = `inference was: ${describePath(running.inference)}`;
  const reason = { text: `${from}; now: ${describePath(path)}`, binding: true };
  await offerRestart(install, running, reason, {
    ...options,
    // Who names other inference wants it; only running tasks are asked about.
    yes: yes || count === 0,
    countRunning: async () => count,
    check: async () => {
      await checkStart(install, env, database);
      progress.note(`${reason.text}; restarting the stack`);
    },
  });
}
