import { defaultPorts } from '@cynodeai/contracts/common';

/** Ports of an install; fixed once chosen. */
export type Ports = Readonly<Record<PortName, number>>;

/** Services that are not roles of ours keep their own ports. */
const { postgres: _postgres, ollama: _ollama, ...preferred } = defaultPorts;

export type PortName = keyof typeof preferred;

export const portNames = Object.keys(preferred) as PortName[];

/** Below the range from which the kernel hands out ports of its own accord. */
const lastBlock = 30_000;

/** All ports of an install whose gateway and control plane have these; the others lie as far from the latter as by default. */
export function portsBeside(userGateway: number, controlPlane: number): Ports {
  const shifted = portNames.map((name) => [
    name,
    preferred[name] + controlPlane - preferred.controlPlane,
  ]);
  return { ...(Object.fromEntries(shifted) as Ports), userGateway };
}

/**
 * The documented ports, then the alternative block at 12080, then further blocks.
 * See docs/reference/processes.md#roles-and-ports.
 */
export function* portChoices(): Generator<Ports, void> {
  yield preferred;
  for (let base = 12_080; base <= lastBlock; base += 100) yield portsBeside(base, base + 2);
}

/** The first choice whose ports are all free, or undefined when none is. */
export async function choosePorts(
  isFree: (port: number) => Promise<boolean>,
): Promise<Ports | undefined> {
  for (const choice of portChoices()) {
    const free = await Promise.all(Object.values(choice).map((port) => isFree(port)));
    if (free.every(Boolean)) return choice;
  }
  return undefined;
}
