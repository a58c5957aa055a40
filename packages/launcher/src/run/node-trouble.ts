import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Install } from '../install/install.ts';
import { LauncherError } from '../launcher-error.ts';
import { runningStack } from '../stack/ensure-stack.ts';
import { lastLines, logPath } from '../stack/log-file.ts';
import { readinessOf } from '../stack/readiness.ts';
import { keepsFailing } from '../stack/stack-state.ts';

/** Why no work can be dispatched right now. */
export interface NodeTrouble {
  readonly text: string;
  /** It will not pass by itself. */
  readonly lasting: boolean;
}

/** What keeps the install's node from taking work; undefined when nothing does. */
export async function findNodeTrouble(install: Install): Promise<NodeTrouble | undefined> {
  const state = runningStack(install);
  if (state === undefined) {
    return { text: 'the stack was stopped meanwhile; start again', lasting: true };
  }
  const readiness = await readinessOf(state.workerUrl);
  if (readiness.state === 'ready') return undefined;
  const role = state.roles.find((candidate) => candidate.name === 'node');
  if (role !== undefined && keepsFailing(role)) {
    const path = logPath(install.paths.logs, 'node');
    const lines = lastLines(path, 3).map((line) => `\n  ${line}`);
    return {
      text: `the node does not stay up (${role.lastEnd ?? 'it ended'}); see ${path}${lines.join('')}`,
      lasting: true,
    };
  }
  if (readiness.state === 'unreachable') return { text: 'the node is starting', lasting: false };
  const reasons = readiness.reasons.map((reason) => `${reason.message} (${reason.action})`);
  return { text: `the node is not ready: ${reasons.join('; ')}`, lasting: false };
}

/** How long a node may stay not ready before it is given up, ms. */
export const nodePatienceMs = 120_000;
const pollMs = 25;

/**
 * Waits until the node takes work. A task sent earlier would be offered to a node that does not listen yet, and then
 * wait for the next try.
 * @throws LauncherError `stack` with the reason when it does not come up.
 */
export async function waitForNode(
  install: Install,
  signal: AbortSignal,
  onStep: (what: string) => void,
): Promise<void> {
  const deadline = performance.now() + nodePatienceMs;
  for (;;) {
    const trouble = await findNodeTrouble(install);
    if (trouble === undefined) return;
    signal.throwIfAborted();
    onStep(`waiting: ${trouble.text.split('\n')[0] ?? ''}`);
    if (trouble.lasting || performance.now() > deadline) {
      throw new LauncherError('stack', `no work can be done: ${trouble.text}`);
    }
    await sleep(pollMs, signal);
  }
}
