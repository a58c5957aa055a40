/** What all sandboxes of a node may take together, and how much of it one of them. */
export interface SandboxCeiling {
  readonly memoryMb: number;
  readonly memoryMbPerJob: number;
  /** Processes and threads. */
  readonly processes: number;
  readonly processesPerJob: number;
}

/** What the operator wants instead of what follows from the machine. */
export interface CeilingWish {
  readonly memoryMb?: number;
  readonly processes?: number;
  /** Jobs that run at the same time, 1 or more. */
  readonly maxConcurrency: number;
}

/** What of a machine decides. */
export interface MachineSize {
  readonly memoryMb: number;
  /** Processes and threads the kernel allows in all. */
  readonly maxProcesses: number;
}

/** What the node, its engine and everybody else on the machine keep at least, MiB. */
const memoryReserveMb = 512;
const leastMemoryMb = 64;
const leastProcesses = 32;

/** Processes one of so many jobs may have, of those they may have together. */
export function processShare(processes: number, maxConcurrency: number): number {
  return Math.max(leastProcesses, Math.floor(processes / (maxConcurrency + 1)));
}

/**
 * Memory one of so many jobs may have: twice its part, because few jobs want theirs, and yet so little that two which
 * take all they get leave something to a third.
 */
function memoryShare(memoryMb: number, maxConcurrency: number): number {
  const share = Math.floor((2 * memoryMb) / (maxConcurrency + 1));
  return Math.min(memoryMb, Math.max(leastMemoryMb, share));
}

/**
 * 80 % of the memory without a reserve, half of the processes. One share of these more than there are jobs, so that
 * all jobs but one may take everything they can get and the last one still has its own.
 * See docs/reference/sandbox.md#ceiling.
 */
export function sandboxCeiling(machine: MachineSize, wish: CeilingWish): SandboxCeiling {
  const share = Math.min(machine.memoryMb * 0.8, machine.memoryMb - memoryReserveMb);
  const memoryMb = wish.memoryMb ?? Math.max(leastMemoryMb, Math.floor(share));
  const processes = wish.processes ?? Math.floor(machine.maxProcesses / 2);
  return {
    memoryMb,
    memoryMbPerJob: memoryShare(memoryMb, wish.maxConcurrency),
    processes,
    processesPerJob: processShare(processes, wish.maxConcurrency),
  };
}
