import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program to its end; ms from the spawn to the end of its output. @throws when it failed. */
export async function timedRun(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(program, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  child.stdout.resume();
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  const [code] = (await once(child, 'close')) as [number | null];
  const ms = performance.now() - startedMs;
  if (code !== 0) throw new Error(`${program} exited with ${code}: ${words.trim()}`);
  return ms;
}

/** CPU of a program and everything it waited for until its end, user and system, ms. @throws when it failed. */
export async function cpuOfRun(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  // The shell counts what its children used; nothing in Node does.
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" 2>&1 >/dev/null';
  const child = spawn('bash', ['-c', script, 'bash', program, ...args], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  child.stdout.resume();
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  const [code] = (await once(child, 'close')) as [number | null];
  const times = /(\d+\.\d+) (\d+\.\d+)\s*$/.exec(words);
  if (code !== 0 || times === null)
    throw new Error(`${program} exited with ${code}: ${words.trim()}`);
  return (Number(times[1]) + Number(times[2])) * 1000;
}
