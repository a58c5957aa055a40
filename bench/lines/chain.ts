import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import { EngineCall } from '../support/engine-call.ts';
import type { BenchInstall } from '../support/install.ts';
import { createTask, waitForTask } from '../support/tasks.ts';

/** `POST /v1/tasks` to the result over HTTP, against the same engine call by hand. */
export async function measureChain(install: BenchInstall, effort: Effort): Promise<Outcome> {
  await install.ensureStack();
  const connection = await install.connect();
  try {
    const bare = await EngineCall.observe(install, connection);
    return await compare(
      {
        line: 'chain',
        title: 'POST of a task to its result',
        unit: 'ms',
        comparison: 'ratio',
        samples: effort.quick ? 2 : 5,
        warmUp: 3,
        target: { limit: 1.3, sense: 'at_most' },
        ours: {
          name: 'HTTP chain',
          sample: async () => {
            const startedMs = performance.now();
            await waitForTask(connection, await createTask(connection, ['true']));
            return performance.now() - startedMs;
          },
        },
        anchor: { name: 'podman run', sample: () => bare.run() },
      },
      effort,
    );
  } finally {
    connection.close();
  }
}
