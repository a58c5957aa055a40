import { sleep } from '@cynodeai/runtime/lifecycle';
import { elapsedMs } from '@cynodeai/runtime/std';
import { spawn } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { confinedPostgres, serverEnv } from './confine.ts';
import { PostgresError } from './errors.ts';
import { isServerOf } from './pid-file.ts';
import { missingFile } from './secret-file.ts';

export interface LaunchOptions {
  readonly binDir: string;
  readonly clusterDir: string;
  readonly socketDir: string;
  readonly port: number;
  readonly logFile: string;
  readonly extraSettings: Readonly<Record<string, string>>;
}

/** A server process we started. */
export interface LaunchedProcess {
  readonly pid: number;
  readonly ended: () => boolean;
}

const maxLogBytes = 5 * 1024 * 1024;

/**
 * Starts the server as the leader of its own session, so that Ctrl-C does not reach it and it outlives its starter.
 * It listens on a Unix socket only.
 */
export async function launch(options: LaunchOptions): Promise<LaunchedProcess> {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: '',
    unix_socket_directories: options.socketDir,
    unix_socket_permissions: '0700',
    port: String(options.port),
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...options.extraSettings,
  };
  const server = confinedPostgres({
    program: join(options.binDir, 'postgres'),
    args: [
      '-D',
      options.clusterDir,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
  });
  await rotate(options.logFile);
  const log = await open(options.logFile, 'a', 0o600);
  try {
    const child = spawn(server.program, server.args, {
      cwd: options.clusterDir,
      env: serverEnv,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    let ended = false;
    child.on('exit', () => {
      ended = true;
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('spawn', () => resolve(child.pid ?? 0));
    });
    child.unref();
    return { pid, ended: () => ended };
  } catch (cause) {
    throw new PostgresError('postgres_start_failed', `${server.program} could not be started`, {
      cause,
    });
  } finally {
    await log.close();
  }
}

async function rotate(logFile: string): Promise<void> {
  const size = (await stat(logFile).catch(missingFile))?.size ?? 0;
  if (size > maxLogBytes) await rename(logFile, `${logFile}.1`);
}

/** Most lines of the server's log in a message. */
const shownLines = 4;

/**
 * The last lines in the log, in one line: those that a process wrote under its id, where one is named and there are any.
 * Several starters at once write into the same log.
 */
export async function lastLogLines(logFile: string, pid?: number): Promise<string> {
  const text = (await readFile(logFile, 'utf8').catch(missingFile)) ?? '';
  const lines = text.trim().split('\n');
  const own = lines.filter((line) => line.includes(` [${pid}] `));
  return (own.length > 0 ? own : lines).slice(-shownLines).join(' | ');
}

/** A signal and how long it may take. */
export interface StopStep {
  readonly signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL';
  readonly limitMs: number;
}

/** Fast: sessions are ended, work is kept. Immediate: as after a crash, recovered at the next start. */
const stopSteps: readonly StopStep[] = [
  { signal: 'SIGINT', limitMs: 10_000 },
  { signal: 'SIGQUIT', limitMs: 5000 },
  { signal: 'SIGKILL', limitMs: 2000 },
];

/** A server of a cluster. */
interface ServerProcess {
  readonly clusterDir: string;
  readonly pid: number;
}

/**
 * Ends a server, ours or adopted, and waits until it is gone.
 * @throws PostgresError `postgres_stop_failed`.
 */
export async function stopProcess(
  { clusterDir, pid }: ServerProcess,
  steps = stopSteps,
): Promise<void> {
  const runs = (): boolean => isServerOf(clusterDir, pid);
  for (const { signal, limitMs } of steps) {
    if (!runs()) return;
    process.kill(pid, signal);
    const deadline = elapsedMs() + limitMs;
    while (runs() && elapsedMs() < deadline) await sleep(20);
  }
  if (runs()) {
    throw new PostgresError('postgres_stop_failed', `the database server ${pid} cannot be ended`);
  }
}

/** Ends a process we launched, also while it has not become a server yet. */
export async function stopLaunched(child: LaunchedProcess, clusterDir: string): Promise<void> {
  while (!child.ended()) {
    const server = { clusterDir, pid: child.pid };
    if (isServerOf(clusterDir, child.pid)) await stopProcess(server);
    else process.kill(child.pid, 'SIGKILL');
    await sleep(20);
  }
}
