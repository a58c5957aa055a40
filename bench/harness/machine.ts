import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import process from 'node:process';
import { runCommand } from '@cynodeai/runtime/process';

/** What the numbers of a run depend on. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly kernel: string;
  readonly system: string;
  readonly node: string;
  readonly podman: string;
  readonly root: boolean;
  /** Load of the last minute when the facts were read: other work on the machine makes numbers worse. */
  readonly load: number;
}

function systemName(): string {
  try {
    return (
      /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown'
    );
  } catch {
    return 'unknown';
  }
}

/** Reads the facts of this machine. */
export async function machineFacts(): Promise<MachineFacts> {
  const podman = await runCommand('podman', ['--version']);
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
    system: systemName(),
    node: process.version,
    podman: podman.exitCode === 0 ? podman.stdout.trim().replace(/^podman version /, '') : 'none',
    root: process.getuid?.() === 0,
    load: loadavg()[0] ?? 0,
  };
}
