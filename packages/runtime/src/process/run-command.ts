import { execa } from 'execa';
import { CodedError } from '../std/index.ts';

export interface CommandOptions {
  /** Complete environment of the child; nothing of ours is passed on unless it is in here. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to the child's standard input, which is empty otherwise. */
  readonly input?: string;
  /** Limit in ms after which the child's whole process group is killed; 60 s unless told. */
  readonly timeoutMs?: number;
  /** Longest standard output in bytes, 8 MiB unless told; more ends the child. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  /** Exit code; 127 when the program was not found, undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** A command ended badly; the message holds its name, exit code and the last line of stderr, never its arguments. */
export class CommandError extends CodedError<'command_failed'> {
  readonly result: CommandResult;

  constructor(program: string, result: CommandResult) {
    const outcome = result.timedOut
      ? 'ran out of time'
      : `exited with ${result.exitCode ?? 'a signal'}`;
    const reason = result.stderr.trim().split('\n').at(-1) ?? '';
    super('command_failed', `${program} ${outcome}${reason === '' ? '' : `: ${reason}`}`);
    this.result = result;
  }
}

const minimalEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

const maxOutputBytes = 8 * 1024 * 1024;

/** Process groups of commands that somebody still waits for. */
const running = new Set<number>();

// A command has a limit that only this process knows: without it one that hangs would stay for ever.
process.on('exit', () => {
  for (const pid of running) killGroup(pid);
});

/**
 * Runs a program with an argument array, no shell, and waits for it; too much output ends it, and so does the end of
 * this process, as far as that is told of it.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = execa(program, args, {
    env: { ...(options.env ?? minimalEnv) },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: { stdout: options.maxOutputBytes ?? maxOutputBytes, stderr: maxOutputBytes },
    detached: true,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  });
  if (child.pid !== undefined) running.add(child.pid);
  // The group, not the child alone: a grandchild that holds the pipe would keep us waiting.
  const deadline = AbortSignal.timeout(options.timeoutMs ?? 60_000);
  const ended = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
  const kill = (): void => killGroup(child.pid);
  if (ended.aborted) kill();
  ended.addEventListener('abort', kill);
  try {
    const result = await child;
    const notFound = result.code === 'ENOENT';
    return {
      exitCode: notFound ? 127 : result.exitCode,
      stdout: result.stdout,
      stderr: notFound ? `${program}: not found` : result.stderr,
      timedOut: deadline.aborted,
    };
  } finally {
    ended.removeEventListener('abort', kill);
    if (child.pid !== undefined) running.delete(child.pid);
  }
}

/** Like `runCommand`, for commands that must succeed. @throws CommandError on any other exit code than 0. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await runCommand(program, args, options);
  if (result.exitCode !== 0) throw new CommandError(program, result);
  return result.stdout;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}
