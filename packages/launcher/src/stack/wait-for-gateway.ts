import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Install } from '../install/install.ts';
import { accepts } from '../machine/port-probe.ts';
import { processOf } from '../roles/table.ts';
import { runningStack, stackError } from './ensure-stack.ts';
import { logPath } from '../machine/log-file.ts';
import { keepsFailing } from './stack-state.ts';

const pollMs = 25;
const limitMs = 120_000;

/** Waits until the user gateway takes connections. @throws LauncherError `stack` when its process keeps ending. */
export async function waitForGateway(install: Install, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + limitMs;
  const { name } = processOf('user-gateway');
  const path = (process: string): string => logPath(install.paths.logs, process);
  for (;;) {
    if (await accepts(install.ports.userGateway)) return;
    signal.throwIfAborted();
    const state = runningStack(install);
    if (state === undefined) {
      throw stackError('the stack does not start', 'its supervisor ended', path('supervisor'));
    }
    const role = state.roles.find((candidate) => candidate.name === name);
    if (role !== undefined && keepsFailing(role)) {
      throw stackError(`the ${name} does not start`, role.lastEnd ?? '', path(name));
    }
    if (performance.now() > deadline) {
      throw stackError('the gateway does not answer', 'it took too long', path(name));
    }
    await sleep(pollMs, signal);
  }
}
