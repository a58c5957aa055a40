import { waitFor } from '@cynodeai/testing/harness';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '@cynodeai/runtime/process';
import type { BenchInstall } from './install.ts';
import type { KeptConnection } from './kept-connection.ts';
import { createTask, waitForTask } from './tasks.ts';

const nulls = (path: string): string[] => readFileSync(path, 'utf8').split('\0').slice(0, -1);

/** The engine process of a job, found by the id of its task among its arguments. */
function findCall(taskId: string): { readonly pid: string; readonly argv: string[] } | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const argv = nulls(`/proc/${pid}/cmdline`);
      if (argv.includes('run') && argv.some((word) => word.endsWith(`task_id=${taskId}`))) {
        return { pid, argv };
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return undefined;
}

/** What the job under observation runs, so that there is time to look; the replay runs `true` instead. */
const slow = 'sleep 3';

/**
 * The engine call the node makes for a job, repeated by hand: same program, global flags, run arguments, environment,
 * image, mounts and command; no queue, no database, no HTTP.
 */
export class EngineCall {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #dir: string;
  readonly #jobId: string;
  #runs = 0;

  private constructor(
    dir: string,
    call: { readonly argv: readonly string[]; readonly env: Record<string, string> },
    jobId: string,
  ) {
    const [program = 'podman', ...args] = call.argv;
    this.#program = program;
    this.#args = args;
    this.#env = call.env;
    this.#dir = dir;
    this.#jobId = jobId;
  }

  /** Runs a job through the stack, looks at its engine process and copies what is mounted into it. */
  static async observe(install: BenchInstall, connection: KeptConnection): Promise<EngineCall> {
    const taskId = await createTask(connection, [slow]);
    const { pid, argv } = await waitFor(() => findCall(taskId), {
      what: 'the job has an engine process',
    });
    const dir = mkdtempSync(join(install.home, 'bare-'));
    const env = Object.fromEntries(
      nulls(`/proc/${pid}/environ`).map((entry): [string, string] => {
        const [name = '', ...value] = entry.split('=');
        return [name, value.join('=')];
      }),
    );
    writeFileSync(join(dir, 'env'), readFileSync(`/proc/${pid}/fd/3`), { mode: 0o600 });
    const jobId = argv.flatMap((word) => /job_id=(.+)$/.exec(word)?.[1] ?? [])[0] ?? '';
    const replaced = await Promise.all(argv.map((word) => copyMount(word, dir)));
    await waitForTask(connection, taskId);
    return new EngineCall(dir, { argv: replaced, env }, jobId);
  }

  /** Runs one container to its end; ms from the spawn to the end of both streams. @throws when it failed. */
  async run(): Promise<number> {
    this.#runs += 1;
    const name = `bare-${this.#runs}`;
    const args = this.#args.map((word) => {
      if (word.startsWith('--env-file=')) return `--env-file=${join(this.#dir, 'env')}`;
      if (word.startsWith('--pidfile=')) return `--pidfile=${join(this.#dir, name)}`;
      return word.replaceAll(this.#jobId, name).replace(/node_slug=.*$/, 'node_slug=bench');
    });
    const startedMs = performance.now();
    const child = spawn(this.#program, args, {
      env: this.#env,
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let words = '';
    child.stdout.resume();
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
    const [code] = (await once(child, 'close')) as [number | null];
    const ms = performance.now() - startedMs;
    rmSync(join(this.#dir, name), { force: true });
    if (code !== 0) throw new Error(`podman run exited with ${code}: ${words.trim()}`);
    return ms;
  }
}

/** A mount of the job becomes one of a copy that stays, whose program does not wait. */
async function copyMount(word: string, dir: string): Promise<string> {
  const [, host = '', rest = ''] = /^--volume=([^:]+):((?:\/workspace|\/job):.+)$/.exec(word) ?? [];
  if (host === '') return word;
  const copy = join(dir, rest.split(':')[0] ?? '');
  mkdirSync(dir, { recursive: true });
  await mustRun('cp', ['--archive', host, copy]);
  const script = join(copy, '.cynode/commands.sh');
  await mustRun('sh', [
    '-c',
    'if [ -e "$1" ]; then grep -q "$2" "$1" && sed -i "s/$2/true/" "$1"; fi',
    'sh',
    script,
    slow,
  ]);
  return `--volume=${copy}:${rest}`;
}
