import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Install } from '../install/install.ts';
import { openSecrets } from '../install/secrets.ts';
import { processOf } from '../roles/table.ts';
import { stackError } from './ensure-stack.ts';
import { runningStack } from './running-stack.ts';
import { logPath } from '../machine/log-file.ts';
import { whoAnswers } from './proof.ts';
import { keepsFailing } from './stack-state.ts';

const pollMs = 25;
const limitMs = 120_000;
/** The gateway starts after the control plane. */
const hosts = ['control-plane', 'user-gateway'];

/**
 * Waits until the user gateway answers and has proven that it is this install's.
 * @throws LauncherError `stack` when its process, or one it waits for, keeps ending
 */
export async function waitForGateway(install: Install, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + limitMs;
  const awaited: readonly string[] = hosts.map((host) => processOf(host).name);
  const path = (process: string): string => logPath(install.paths.logs, process);
  const { gatewayProof } = openSecrets(install.paths);
  for (;;) {
    const url = runningStack(install)?.gatewayUrl ?? install.gatewayUrl;
    const answering = await whoAnswers(url, gatewayProof);
    if (answering === 'ours') return;
    signal.throwIfAborted();
    const state = runningStack(install);
    if (state === undefined) {
      throw stackError('the stack does not start', 'its supervisor ended', path('supervisor'));
    }
    const failing = state.roles.find((role) => awaited.includes(role.name) && keepsFailing(role));
    if (failing !== undefined) {
      const { name, lastEnd } = failing;
      throw stackError(`the ${name} does not start`, lastEnd ?? '', path(name));
    }
    if (performance.now() > deadline) {
      const how =
        answering === 'stranger' ? `another program answers at ${url}` : 'it took too long';
      throw stackError('the gateway does not answer', how, path('user-gateway'));
    }
    await sleep(pollMs, signal);
  }
}
