import { defaultPorts } from '@cynodeai/contracts/common';

/** Ports of an install; fixed once chosen. */
export interface Ports {
  readonly userGateway: number;
  readonly controlPlane: number;
  readonly workerApi: number;
  /** Of the rule-based stand-in for a model; used only while that runs. */
  readonly demoModel: number;
}

const preferred: Ports = {
  userGateway: defaultPorts.userGateway,
  controlPlane: defaultPorts.controlPlane,
  workerApi: defaultPorts.workerApi,
  demoModel: defaultPorts.demoModel,
};

/** Below the range from which the kernel hands out ports of its own accord. */
const lastBlock = 30_000;

/** Port of the demo model in a block that was stored before there was one. */
export function demoModelPort(controlPlane: number): number {
  return controlPlane + defaultPorts.demoModel - defaultPorts.controlPlane;
}

function blockAt(base: number): Ports {
  const controlPlane = base + 2;
  return {
    userGateway: base,
    controlPlane,
    workerApi: base + 10,
    demoModel: demoModelPort(controlPlane),
  };
}

/** The contract's ports, then the alternative block at 12080, then further blocks. Contract 01 section 1.1. */
export function* portChoices(): Generator<Ports, void> {
  yield preferred;
  for (let base = 12_080; base <= lastBlock; base += 100) yield blockAt(base);
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
