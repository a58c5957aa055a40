import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Install } from '../install/install.ts';
import { neededPorts, untilAccepted } from './needed-ports.ts';
import type { RoleSpec } from './supervise-role.ts';

/** Runs processes with our own output until one ends or the signal fires, then stops the others. Returns its exit code. */
export async function runForeground(
  specs: readonly RoleSpec[],
  install: Install,
  signal: AbortSignal,
): Promise<number> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const names = specs.map((spec) => spec.name);
  const runs = specs.map(async (spec) => {
    await untilAccepted(neededPorts(spec.name, names, install), stop);
    if (stop.aborted) return 0;
    try {
      return await endOf(spec, stop);
    } finally {
      over.abort();
    }
  });
  const first = await Promise.race(runs);
  await Promise.all(runs);
  return first;
}

async function endOf(spec: RoleSpec, stop: AbortSignal): Promise<number> {
  const child: ChildProcess = spawn(spec.program, spec.args, {
    cwd: spec.cwd,
    env: { ...spec.env },
    stdio: 'inherit',
    detached: true,
  });
  const end = (): void => void child.kill(spec.stopSignal);
  stop.addEventListener('abort', end, { once: true });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
