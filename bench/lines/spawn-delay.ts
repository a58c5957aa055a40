import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { mustRun, runCommand } from '@cynodeai/runtime/process';
import { eventually } from '../../features/support/wait.ts';
import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import { type BenchInstall, checkout } from '../support/install.ts';
import type { KeptConnection } from '../support/kept-connection.ts';
import { createTask, waitForTask } from '../support/tasks.ts';

/** Notes when it was started (seconds since the epoch, to the microsecond) and with which words, then becomes the real one. */
const wrapper = (stamps: string, real: string): string => `#!/bin/bash
printf '%s %s\\n' "$EPOCHREALTIME" "$*" >>'${stamps}'
exec '${real}' "$@"
`;

/**
 * In a mount namespace of its own, puts a wrapper in the place of the engine and keeps the real one beside it: the
 * node finds programs in the system's folders only, and nobody else on the machine sees the wrapper.
 */
const inNamespace = `mount --bind "$1" "$2/real" && mount --bind "$2/wrapper" "$1" && shift 2 && exec "$@"`;

function program(path: string, text: string): string {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/** Milliseconds since the epoch, finer than the 1 ms of the clock: it waits for the clock to tick. */
function wallClock(): () => number {
  const before = Date.now();
  while (Date.now() === before);
  const offset = Date.now() - performance.now();
  return () => performance.now() + offset;
}

/** Time of the first line of the file that has the word, ms since the epoch. */
function stampOf(file: string, word: string): number | undefined {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((entry) => entry.includes(word));
  return line === undefined ? undefined : Number(line.split(' ')[0]) * 1000;
}

async function spawnDelay(connection: KeptConnection, stamps: string): Promise<number> {
  const now = wallClock();
  const taskId = await createTask(connection, ['true']);
  const answeredMs = now();
  await waitForTask(connection, taskId);
  const stamp = stampOf(stamps, taskId);
  if (stamp === undefined) throw new Error('no engine process was started for the task');
  return stamp - answeredMs;
}

/** The first round trip after a pause is what a person sees; a busy queue would hide it. */
const pauseMs = 50;

/** From the 201 of a task to the start of its engine process. */
export async function measureSpawnDelay(install: BenchInstall, effort: Effort): Promise<Outcome> {
  if (process.getuid?.() !== 0) {
    throw new Error('the witness needs a private mount namespace; run it as root');
  }
  await install.ensureStack();
  await install.stopStack();
  const dir = mkdtempSync(join(install.home, 'witness-'));
  const stamps = join(dir, 'stamps');
  const handStamps = join(dir, 'hand-stamps');
  for (const path of [stamps, handStamps, join(dir, 'real')]) writeFileSync(path, '');
  program(join(dir, 'wrapper'), wrapper(stamps, join(dir, 'real')));
  const byHand = program(join(dir, 'by-hand'), wrapper(handStamps, '/bin/true'));
  const podman = (await mustRun('sh', ['-c', 'realpath "$(command -v podman)"'])).trim();
  await install.run('unshare', [
    '--mount',
    '--propagation=private',
    'sh',
    '-c',
    inNamespace,
    'sh',
    podman,
    dir,
    join(checkout, 'cynode'),
    'run',
    '--quiet',
    '--commands',
    'true',
  ]);
  const connection = await install.connect();
  try {
    await eventually('the wrapper is in place', () => stampOf(stamps, ' run '));
    let calls = 0;
    return await compare(
      {
        line: 'spawn',
        title: '201 to engine process spawned',
        unit: 'ms',
        comparison: 'value',
        samples: effort.quick ? 5 : 20,
        warmUp: 3,
        target: { limit: 10, sense: 'at_most' },
        notes: [
          'a wrapper in place of the engine is the witness; the anchor is the same wrapper started by hand, its cost is part of ours too. The control plane may send the job before the 201 has arrived.',
        ],
        ours: {
          name: 'after the 201',
          sample: async () => {
            await delay(pauseMs);
            return spawnDelay(connection, stamps);
          },
        },
        anchor: {
          name: 'wrapper by hand',
          sample: async () => {
            calls += 1;
            const word = `call-${calls}.`;
            const now = wallClock();
            const startedMs = now();
            await runCommand(byHand, [word]);
            const stamp = stampOf(handStamps, word);
            if (stamp === undefined) throw new Error('the wrapper left no stamp');
            return stamp - startedMs;
          },
        },
      },
      effort,
    );
  } finally {
    connection.close();
    await install.stopStack();
  }
}
