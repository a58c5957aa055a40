import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, cpus, hostname, platform, release, totalmem } from 'node:os';
import type { GpuDevice } from '../../domain/capability/host-facts.ts';
import type { HostProbe } from '../../ports/host.ts';
import { detectGpus } from './gpu.ts';

const mib = 1024 ** 2;

/** Names of architectures as container images use them. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64' };

async function readOr<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}

/** `PRETTY_NAME` of an os-release file. */
export function distroOf(osRelease: string): string | undefined {
  return /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(osRelease)?.[1];
}

/** Number of sockets by the kernel's list of processors; undefined where it does not say. */
export function socketsOf(cpuinfo: string): number | undefined {
  const ids = new Set(
    [...cpuinfo.matchAll(/^physical id\s*:\s*(\d+)$/gm)].map((match) => match[1]),
  );
  return ids.size === 0 ? undefined : ids.size;
}

interface FixedFacts {
  readonly distro: string | undefined;
  readonly sockets: number | undefined;
  readonly gpus: readonly GpuDevice[];
}

async function readFixed(): Promise<FixedFacts> {
  const [osRelease, cpuinfo, gpus] = await Promise.all([
    readOr(() => readFile('/etc/os-release', 'utf8')),
    readOr(() => readFile('/proc/cpuinfo', 'utf8')),
    detectGpus(),
  ]);
  return {
    distro: osRelease === undefined ? undefined : distroOf(osRelease),
    sockets: cpuinfo === undefined ? undefined : socketsOf(cpuinfo),
    gpus,
  };
}

/**
 * The machine this process runs on; what cannot change is read once.
 * See docs/reference/nodes.md#capability-report.
 */
export function createMachineProbe(stateDir: string): HostProbe {
  let fixed: Promise<FixedFacts> | undefined;
  return {
    facts: async () => {
      fixed ??= readFixed();
      const { distro, sockets, gpus } = await fixed;
      const disk = await readOr(() => statfs(stateDir));
      const model = cpus()[0]?.model.trim();
      return {
        hostname: hostname(),
        os: platform(),
        arch: architectures[arch()] ?? arch(),
        kernelVersion: release(),
        cpuCores: availableParallelism(),
        ramMb: Math.floor(totalmem() / mib),
        gpus,
        ...(distro !== undefined && { distro }),
        ...(sockets !== undefined && { cpuCount: sockets }),
        ...(model !== undefined && model !== '' && { cpuModel: model }),
        ...(disk !== undefined && { storageFreeMb: Math.floor((disk.bavail * disk.bsize) / mib) }),
      };
    },
  };
}
