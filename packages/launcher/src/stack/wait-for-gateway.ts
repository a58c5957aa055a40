import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Install } from '../install/install.ts';
import { accepts } from '../machine/port-probe.ts';
import { runningStack, stackError } from './ensure-stack.ts';
import { logPath } from '../machine/log-file.ts';
import { keepsFailing } from './stack-state.ts';

const pollMs = 25;
const limitMs = 120_000;

/** Waits until the user gateway takes connections. @throws LauncherError `stack` when its process keeps ending. */
export async function waitForGateway(install: Install, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    if (await accepts(install.ports.userGateway)) return;
    signal.throwIfAborted();
    const state = runningStack(install);
    const path = (name: string): string => logPath(install.paths.logs, name);
    if (state === undefined) {
      throw stackError('the stack does not start', 'its supervisor ended', path('supervisor'));
    }
    const role = state.roles.find((candidate) => candidate.name === 'orchestrator');
    if (role !== undefined && keepsFailing(role)) {
      throw stackError('the orchestrator does not start', role.lastEnd ?? '', path('orchestrator'));
    }
    if (performance.now() > deadline) {
      throw stackError('the gateway does not answer', 'it took too long', path('orchestrator'));
    }
    await sleep(pollMs, signal);
  }
}
