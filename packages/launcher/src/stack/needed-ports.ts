import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Install } from '../install/install.ts';
import { accepts } from '../machine/port-probe.ts';
import { processRoles } from '../roles/table.ts';

/** What a role waits for listens within a fraction of this, ms. */
const neededStartMs = 10_000;

/** Ports of the starting processes that a process waits for before it starts. */
export function neededPorts(name: string, starting: readonly string[], install: Install): number[] {
  const needed = processRoles.find((role) => role.name === name)?.needs.after ?? [];
  return processRoles
    .filter((other) => needed.includes(other.name) && starting.includes(other.name))
    .flatMap((other) => other.servers.map((server) => install.ports[server.port]));
}

/** Waits until all ports are listened on, but not for long: what fails there is told by status. */
export async function untilAccepted(ports: readonly number[], signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + neededStartMs;
  const untilOne = async (port: number): Promise<void> => {
    while (!signal.aborted && performance.now() < deadline) {
      if (await accepts(port)) return;
      await sleep(10, signal);
    }
  };
  await Promise.all(ports.map((port) => untilOne(port)));
}
