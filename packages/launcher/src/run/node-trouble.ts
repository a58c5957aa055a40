import type { Install } from '../install/install.ts';
import { processOf } from '../roles/table.ts';
import { runningStack } from '../stack/running-stack.ts';
import { lastLines, logPath } from '../machine/log-file.ts';
import { readinessOf } from '../stack/readiness.ts';
import { keepsFailing } from '../stack/stack-state.ts';
import type { Trouble } from './trouble.ts';

/** What keeps the install's node from taking work; undefined when nothing does. */
export async function findNodeTrouble(install: Install): Promise<Trouble | undefined> {
  const state = runningStack(install);
  if (state === undefined) {
    return { text: 'the stack was stopped meanwhile; start again', lasting: true };
  }
  const readiness = await readinessOf(state.workerUrl);
  if (readiness.state === 'ready') return undefined;
  const { name } = processOf('node');
  const role = state.roles.find((candidate) => candidate.name === name);
  if (role !== undefined && keepsFailing(role)) {
    const path = logPath(install.paths.logs, name);
    const lines = lastLines(path, 3).map((line) => `\n  ${line}`);
    return {
      text: `the node does not stay up (${role.lastEnd ?? 'it ended'}); see ${path}${lines.join('')}`,
      lasting: true,
    };
  }
  if (readiness.state === 'unreachable') return { text: 'the node is starting', lasting: false };
  const reasons = readiness.reasons.map((reason) => `${reason.message} (${reason.action})`);
  if (reasons.length === 0) return { text: 'the node is not ready yet', lasting: false };
  return { text: `the node is not ready: ${reasons.join('; ')}`, lasting: false };
}
