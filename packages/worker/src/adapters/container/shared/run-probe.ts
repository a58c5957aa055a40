import { randomBytes } from 'node:crypto';
import { silentLog } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { checkNamePrefix } from '../../../domain/sandbox/naming.ts';
import type { SandboxExit, SandboxNetwork, SandboxRunSpec } from '../../../ports/sandbox-engine.ts';
import { ContainerRun } from './container-run.ts';
import { endOrKill } from './container-runs.ts';
import type { EngineContainer } from './engine-container.ts';
import { probeCommand, probeImage, unfilteredExitCode } from './tiny-image.ts';

/** Time the probe may take from the call on, in seconds. */
const timeoutSeconds = 20;

function complaintOf(exit: SandboxExit, words: string, late: boolean): string {
  if (exit.kind === 'exited' && exit.exitCode === 0) return '';
  if (exit.kind === 'exited' && exit.exitCode === unfilteredExitCode) {
    return 'the system calls of a sandbox are not filtered: kernel and engine must have seccomp';
  }
  if (exit.kind === 'not_started') return words === '' ? exit.reason : `${exit.reason}: ${words}`;
  return late || exit.kind === 'timed_out'
    ? 'the engine did not answer'
    : `the probe ended as ${exit.kind}`;
}

/**
 * Runs the probe image as a job would run. @throws nothing; the text is the engine's complaint, empty when it worked
 */
export async function runProbe(
  containerOf: (spec: SandboxRunSpec) => EngineContainer,
  signal?: AbortSignal,
  network?: SandboxNetwork,
): Promise<string> {
  const spec = {
    name: `${checkNamePrefix}${randomBytes(6).toString('hex')}`,
    image: probeImage,
    command: [probeCommand],
    env: {},
    labels: { 'io.cynodeai.kind': 'check' },
    mounts: [],
    workdir: '/',
    temporaryMb: 1,
    timeoutSeconds,
    ...(network && { network }),
  };
  const sink = { write: () => {} };
  const container = containerOf(spec);
  const run = new ContainerRun(
    { container, spec, log: silentLog, createLimitMs: 0 },
    { stdout: sink, stderr: sink },
  );
  const limit = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    const exit = await endOrKill(run, AbortSignal.any([limit, ...(signal ? [signal] : [])]));
    return complaintOf(exit, run.complaint, limit.aborted);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return run.complaint || messageOf(cause ?? error);
  } finally {
    container.forget();
  }
}
