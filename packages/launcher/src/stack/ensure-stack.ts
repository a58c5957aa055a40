import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { demandedDatabase, keepDatabase } from '../install/database-choice.ts';
import type { Install } from '../install/install.ts';
import { takeLock } from '../install/lock.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { confined } from '@cynodeai/runtime/confine';
import { nodeArguments } from '../programs/start-file.ts';
import { supervisor } from '../programs/table.ts';
import { baseEnv, supervisedVariables } from '../roles/environment.ts';
import { lastLines, logPath, openLog } from '../machine/log-file.ts';
import { identityOf } from '../machine/process-identity.ts';
import { stopProcess } from '../machine/stop-process.ts';
import { checkPorts } from './place-ports.ts';
import { runningStack, stackLockPath } from './running-stack.ts';
import { type StackState, readStackState } from './stack-state.ts';
import { stopStack } from './stop-stack.ts';

export interface EnsureStackOptions {
  readonly install: Install;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly onStep: (what: string) => void;
  /** Called when this very call has started the stack, before it can be seen. */
  readonly onStarted?: () => void;
  /** Program of the supervisor, for tests. */
  readonly supervisorEntry?: string;
}

/**
 * Sees that a stack which is to be started can have its ports: what an earlier supervisor left is stopped, and where
 * somebody else holds one it is asked whether to take others.
 * @param options.agreesToMove asked with what keeps the install's own ports from being used
 * @throws LauncherError `port_busy`, `stack`, `interrupted`.
 */
export async function clearPorts(
  options: EnsureStackOptions & { readonly agreesToMove: (held: string) => Promise<boolean> },
): Promise<Install> {
  const { install } = options;
  if (runningStack(install) !== undefined) return install;
  await using _lock = await lockStack(options);
  return runningStack(install) === undefined ? clearWay(options, options.agreesToMove) : install;
}

function lockStack({ install, signal, onStep }: EnsureStackOptions): ReturnType<typeof takeLock> {
  const onWait = (): void => onStep('waiting for another cynode that starts or stops the stack');
  return takeLock(stackLockPath(install), { signal, onWait });
}

/** The caller holds the stack's lock. */
async function clearWay(
  { install, onStep }: EnsureStackOptions,
  agreesToMove: (held: string) => Promise<boolean>,
): Promise<Install> {
  if (await stopStack(install)) onStep('stopped what an earlier supervisor left running');
  return checkPorts(install, agreesToMove);
}

/**
 * The running stack, started in the background when there is none. Several callers at once start one stack; roles
 * whose supervisor died are stopped first.
 * @throws LauncherError `port_busy`, `stack`, `interrupted`.
 */
export async function ensureStack(options: EnsureStackOptions): Promise<StackState> {
  const { install, onStep } = options;
  const known = runningStack(install);
  if (known !== undefined) return known;
  await using _lock = await lockStack(options);
  const meanwhile = runningStack(install);
  if (meanwhile !== undefined) return meanwhile;
  await clearWay(options, async () => false);
  keepDatabase(install.paths, demandedDatabase(install.paths, options.env));
  onStep('starting the stack');
  options.onStarted?.();
  // Awaited here: the lock must be held until the stack can be seen.
  return await startSupervisor(options);
}

/** It may have begun to start the database, ms. */
const unseenStopMs = 15_000;

async function startSupervisor(options: EnsureStackOptions): Promise<StackState> {
  const { install, env } = options;
  const path = logPath(install.paths.logs, 'supervisor');
  const log = openLog(path);
  const program = options.supervisorEntry
    ? [options.supervisorEntry]
    : nodeArguments(install.checkout, supervisor);
  // What the caller's shell has open must not stay open for as long as the stack runs.
  const command = { program: process.execPath, args: program };
  const clean = confined(command, { kind: 'clean' }, process.arch);
  const child = spawn(clean.program, clean.args, {
    cwd: install.paths.home,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      ...baseEnv(env),
      CYNODE_HOME: install.paths.home,
      ...supervisedVariables(env),
    },
  });
  log.close();
  let end: string | undefined;
  child.once('error', (error) => (end = error.message));
  child.once('exit', (code, signal) => (end = `it ended with ${code ?? signal}`));
  for (;;) {
    const state = readStackState(install.paths.state);
    if (state !== undefined && state.supervisor.pid === child.pid) {
      child.unref();
      return state;
    }
    if (end !== undefined) throw stackError('the supervisor does not start', end, path);
    if (options.signal.aborted) await endUnseen(child);
    options.signal.throwIfAborted();
    await sleep(10);
  }
}

/** Ends a supervisor that nobody can see yet, and which is gone before anybody else starts one. */
async function endUnseen(child: ChildProcess): Promise<void> {
  const identity = child.pid === undefined ? undefined : identityOf(child.pid);
  if (identity !== undefined) await stopProcess(identity, unseenStopMs);
}

/** A failure with the last lines of the log that explains it. */
export function stackError(what: string, how: string, path: string): LauncherError {
  const lines = lastLines(path, 5).map((line) => `\n  ${line}`);
  return new LauncherError('stack', `${what}: ${how}; see ${path}${lines.join('')}`);
}
