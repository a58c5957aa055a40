import { setTimeout as delay } from 'node:timers/promises';
import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import { median } from '../harness/statistics.ts';
import type { BenchInstall } from '../support/install.ts';
import { aloneTotal, memoryOf, processTree } from '../support/memory-use.ts';

/** How long the stack is left alone before the first look. */
const settleMs = { full: 30_000, quick: 5_000 } as const;
const pauseMs = 1_000;

const text = (values: readonly number[]): string => median(values)?.toFixed(0) ?? '?';

/** Memory of an idle stack without PostgreSQL. */
export async function measureMemory(install: BenchInstall, effort: Effort): Promise<Outcome> {
  await install.ensureStack();
  await install.stopStack();
  await install.ensureStack();
  const { supervisor, roles } = await install.processes();
  const postgres = roles.flatMap(({ name, pid }) => (name === 'postgres' ? processTree(pid) : []));
  const pids = processTree(supervisor).filter((pid) => !postgres.includes(pid));
  effort.say('memory: letting the stack settle');
  await delay(settleMs[effort.quick ? 'quick' : 'full'], undefined, { signal: effort.signal });
  const pss: number[] = [];
  const parts = new Map<number, number[]>(pids.map((pid) => [pid, []]));
  const outcome = await compare(
    {
      line: 'memory',
      title: 'idle stack without PostgreSQL',
      unit: 'MB',
      comparison: 'value',
      samples: 1,
      warmUp: 0,
      target: { limit: 230, sense: 'at_most' },
      ours: {
        name: `${pids.length} processes`,
        sample: async () => {
          await delay(pauseMs);
          const processes = pids.map((pid) => memoryOf(pid));
          pids.forEach((pid, i) => parts.get(pid)?.push(processes[i]?.private ?? 0));
          pss.push(processes.reduce((sum, { pss }) => sum + pss, 0));
          return aloneTotal(processes);
        },
      },
    },
    effort,
  );
  const named = pids.map((pid) => {
    const role = pid === supervisor ? 'supervisor' : roles.find((one) => one.pid === pid)?.name;
    return `${role ?? 'other'} ${text(parts.get(pid) ?? [])}`;
  });
  const note = `the number counts every page once, as PSS does on a machine where nothing else runs Node; PSS as it was with the other processes of this machine: ${text(pss)} MB. Private memory by process, MB: ${named.join(', ')}.`;
  return { ...outcome, notes: [note] };
}
