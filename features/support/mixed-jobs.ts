import { at, send, textAt, waitFor } from '@cynodeai/testing/harness';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { entriesBelow } from './entries-below.ts';
import type { StackWorld } from './stack-world.ts';

interface Kind {
  readonly name: string;
  readonly command: string;
  readonly status: string;
  readonly exitCode: number | undefined;
  readonly truncated?: boolean;
  readonly timeoutSeconds?: number;
}

/** Of the sleeps of these jobs; the workers of one run of the suite do not take each other's for theirs. */
const marker = String(73_519 + Number(process.env['CUCUMBER_WORKER_ID'] ?? 0));

/** Kinds of work and how each must end. */
const kinds: readonly Kind[] = [
  { name: 'success', command: 'echo fine', status: 'completed', exitCode: 0 },
  { name: 'failure', command: 'exit 3', status: 'failed', exitCode: 3 },
  {
    name: 'timeout',
    command: `trap "" TERM; sleep ${marker} & sleep ${marker}`,
    status: 'failed',
    exitCode: undefined,
    timeoutSeconds: 1,
  },
  {
    name: 'stubborn',
    command: `trap "" TERM; for i in 1 2 3; do (trap "" TERM; exec sleep ${marker}) & done; exit 0`,
    status: 'completed',
    exitCode: 0,
  },
];
const muchOutput: Kind = {
  name: 'output',
  command: 'head -c 300000000 /dev/zero | tr "\\0" x',
  status: 'completed',
  exitCode: 0,
  truncated: true,
};

/** One job of the mix; `problem` says what was wrong with its end. */
export interface MixedJob {
  readonly kind: string;
  readonly problem: string | undefined;
}

/** Submits `count` jobs at once and waits for every end. */
export async function runMixedJobs(stack: StackWorld, count: number): Promise<MixedJob[]> {
  const token = await stack.login();
  const plan = Array.from({ length: count }, (_, index) =>
    index % 25 === 7 ? muchOutput : kinds[index % kinds.length],
  ).filter((kind) => kind !== undefined);
  const ids = await Promise.all(
    plan.map(async (kind) => {
      const created = await send('POST', `${stack.gateway}/v1/tasks`, {
        token,
        json: {
          input_mode: 'commands',
          commands: [kind.command],
          ...(kind.timeoutSeconds !== undefined && { timeout_seconds: kind.timeoutSeconds }),
        },
      });
      return textAt(created.json, 'task_id');
    }),
  );
  return Promise.all(plan.map((kind, index) => judge(stack, token, kind, String(ids[index]))));
}

async function judge(stack: StackWorld, token: string, kind: Kind, id: string): Promise<MixedJob> {
  const result = await waitFor(
    async () => {
      const answer = await stack.get(`/v1/tasks/${id}/result?wait=30`, token);
      return (
        ['completed', 'failed', 'canceled'].includes(textAt(answer.json, 'status')) && answer.json
      );
    },
    { what: `${kind.name} ends`, within: 600_000 },
  );
  const seen = {
    status: at(result, 'status'),
    exitCode: at(result, 'exit_code'),
    truncated: at(result, 'jobs.0.result.truncated.stdout'),
  };
  const wanted = {
    status: kind.status,
    exitCode: kind.exitCode,
    truncated: kind.truncated ?? false,
  };
  const same = JSON.stringify(seen) === JSON.stringify(wanted);
  return {
    kind: kind.name,
    problem: same ? undefined : `${kind.name}: ${JSON.stringify(result).slice(0, 500)}`,
  };
}

/** Container processes, sleepers, mounts and job directories of a stack's sandboxes. */
export function stackLeftovers(home: string): string[] {
  const processes = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => read(join('/proc', pid, 'cmdline')).replaceAll('\0', ' '))
    .filter(
      (line) =>
        (line.includes('conmon') && line.includes(home)) || line.includes(`sleep ${marker}`),
    );
  const mounts = read('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => line.includes(home) && !line.includes('storage/overlay '));
  // What a node keeps between jobs stands there too, under names with a dot.
  const directories = entriesBelow(join(home, 'node/sandbox_mounts')).filter(
    (path) => !/^\.(?:folders|kept)-/.test(path),
  );
  return [...processes, ...mounts, ...directories];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
