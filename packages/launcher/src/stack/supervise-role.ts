import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Log } from '@cynodeai/runtime/observe';
import { type BackoffOptions, backoffMs, messageOf } from '@cynodeai/runtime/std';
import type { RoleName } from '../roles/table.ts';
import { openLog } from '../machine/log-file.ts';
import { type ProcessIdentity, identityOf } from '../machine/process-identity.ts';
import { type HearingTimes, deafRole } from './deaf-role.ts';
import type { RoleState } from './stack-state.ts';
import { stopProcess } from '../machine/stop-process.ts';

/** A process to keep running. */
export interface RoleSpec {
  readonly name: RoleName;
  readonly program: string;
  readonly args: readonly string[];
  /** Its complete environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logPath: string;
  /** What asks it to end. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long it may take to stop before it is killed, ms. */
  readonly stopTimeoutMs: number;
  /** Ports of this machine on which it serves HTTP; a role that goes deaf there is started anew. */
  readonly ports?: readonly number[];
}

export interface RoleDeps {
  /** Fires when the role must stop. */
  readonly signal: AbortSignal;
  readonly onChange: (state: RoleState) => void;
  readonly log: Log;
  readonly backoff?: BackoffOptions;
  readonly hearing?: HearingTimes;
}

const defaultBackoff: BackoffOptions = { firstMs: 500, maxMs: 30_000, jitter: 0.2 };
/** One that hears nothing does not hear that it shall stop either, ms. */
const deafStopMs = 2000;
/** A role that ran this long has recovered from whatever ended it before. */
const recoveredMs = 60_000;

/** Keeps a role running until the signal fires, then stops it in order. Resolves once it has ended. */
export async function superviseRole(spec: RoleSpec, deps: RoleDeps): Promise<void> {
  let restarts = 0;
  let failuresInARow = 0;
  let lastEnd: string | undefined;
  const tell = (phase: RoleState['phase'], process?: ProcessIdentity): void =>
    deps.onChange({
      name: spec.name,
      phase,
      ...(process && { process }),
      since: new Date().toISOString(),
      restarts,
      failuresInARow,
      stopMs: spec.stopTimeoutMs,
      ...(lastEnd !== undefined && { lastEnd }),
    });
  while (!deps.signal.aborted) {
    const startedMs = performance.now();
    const run = startRole(spec);
    if (run.process !== undefined) tell('running', run.process);
    const end = await endOf(run, spec, deps);
    if (end === undefined) {
      if (run.process !== undefined) {
        await stopProcess(run.process, spec.stopTimeoutMs, spec.stopSignal);
      }
      await run.end;
      break;
    }
    failuresInARow = performance.now() - startedMs > recoveredMs ? 1 : failuresInARow + 1;
    restarts += 1;
    lastEnd = end;
    const pauseMs = backoffMs(failuresInARow, Math.random(), deps.backoff ?? defaultBackoff);
    deps.log.warn('role ended and will be restarted', {
      role: spec.name,
      end,
      pause_ms: pauseMs,
    });
    tell('restarting');
    await sleep(pauseMs, deps.signal);
  }
  tell('stopped');
}

interface RoleRun {
  readonly process: ProcessIdentity | undefined;
  /** How the process ended. */
  readonly end: Promise<string>;
}

const deafened = Symbol('deafened');

/** Waits until a role ends, or goes deaf and is ended, and says how; undefined when it must stop. */
async function endOf(
  { process, end }: RoleRun,
  { ports = [], stopSignal }: RoleSpec,
  { signal, hearing }: RoleDeps,
): Promise<string | undefined> {
  const over = new AbortController();
  const deaf = deafRole(ports, AbortSignal.any([signal, over.signal]), hearing);
  try {
    const ended = await Promise.race([
      end,
      aborted(signal),
      deaf.then((): typeof deafened => deafened),
    ]);
    if (ended !== deafened) return ended;
    const reason = await deaf;
    if (reason === undefined) return undefined;
    if (process !== undefined) await stopProcess(process, deafStopMs, stopSignal);
    await end;
    return reason;
  } finally {
    over.abort();
  }
}

const notStarted = (error: unknown): string => `could not be started: ${messageOf(error)}`;

function startRole(spec: RoleSpec): RoleRun {
  try {
    return spawnRole(spec);
  } catch (error) {
    // Its log cannot be made, on a full disk for instance: one more way of not coming up.
    return { process: undefined, end: Promise.resolve(notStarted(error)) };
  }
}

function spawnRole(spec: RoleSpec): RoleRun {
  const log = openLog(spec.logPath);
  // A group of its own: a Ctrl-C for us must reach it through us, in order.
  const child = spawn(spec.program, spec.args, {
    cwd: spec.cwd,
    env: { ...spec.env },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  log.close();
  const end = once(child, 'exit').then(
    ([code, signal]: unknown[]) =>
      typeof code === 'number' ? `exited with ${code}` : `ended by ${String(signal)}`,
    notStarted,
  );
  return { process: child.pid === undefined ? undefined : identityOf(child.pid), end };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  if (signal.aborted) resolve(undefined);
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  return promise;
}
