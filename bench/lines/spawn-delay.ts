import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { mustRun, runCommand } from '@cynodeai/runtime/process';
import { RecordingProgram, waitFor } from '@cynodeai/testing/harness';
import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import { type BenchInstall, checkout } from '../support/install.ts';
import type { KeptConnection } from '../support/kept-connection.ts';
import { createTask, waitForTask } from '../support/tasks.ts';

/** Milliseconds since the epoch, finer than the 1 ms of the clock: it waits for the clock to tick. */
function wallClock(): () => number {
  const before = Date.now();
  while (Date.now() === before);
  const offset = Date.now() - performance.now();
  return () => performance.now() + offset;
}

/** When the first program that has the word in its command line was started, ms since the epoch. */
function stampOf(recorder: RecordingProgram, word: string): number | undefined {
  const start = recorder.starts().find(({ words }) => words.join(' ').includes(word));
  return start?.at;
}

async function spawnDelay(connection: KeptConnection, engine: RecordingProgram): Promise<number> {
  const now = wallClock();
  const taskId = await createTask(connection, ['true']);
  const answeredMs = now();
  await waitForTask(connection, taskId);
  const stamp = stampOf(engine, taskId);
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
  const engine = RecordingProgram.make(mkdtempSync(join(install.home, 'engine-')));
  const byHand = RecordingProgram.make(mkdtempSync(join(install.home, 'by-hand-')), '/bin/true');
  const podman = (await mustRun('sh', ['-c', 'realpath "$(command -v podman)"'])).trim();
  const start = [join(checkout, 'cynode'), 'run', '--quiet', '--commands', 'true'];
  const [unshare, ...rest] = engine.placeOf(podman, start);
  await install.run(unshare, rest);
  const connection = await install.connect();
  try {
    await waitFor(() => stampOf(engine, 'run '), { what: 'the wrapper is in place' });
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
            return spawnDelay(connection, engine);
          },
        },
        anchor: {
          name: 'wrapper by hand',
          sample: async () => {
            calls += 1;
            const word = `--label=call=${calls}.`;
            const now = wallClock();
            const startedMs = now();
            await runCommand(byHand.path, [word]);
            const stamp = stampOf(byHand, word);
            if (stamp === undefined) throw new Error('the recorder left no note');
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
