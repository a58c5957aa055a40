/** A graphics card as far as the host and its vendor's tools tell. */
export interface GpuDevice {
  readonly vendor: string;
  readonly deviceId: string;
  readonly model?: string;
  readonly vramMb?: number;
  /** `cuda_capability` or `rocm_version`. */
  readonly features?: Readonly<Record<string, string>>;
}

/**
 * What the node found out about its machine; sizes in MiB.
 * See docs/reference/nodes.md#capability-report.
 */
export interface HostFacts {
  readonly hostname: string;
  readonly os: string;
  readonly distro?: string;
  /** `amd64` or `arm64`. */
  readonly arch: string;
  readonly kernelVersion: string;
  readonly cpuModel?: string;
  /** Sockets. */
  readonly cpuCount?: number;
  readonly cpuCores: number;
  readonly ramMb: number;
  /** Free space where the state directory lies. */
  readonly storageFreeMb?: number;
  readonly gpus: readonly GpuDevice[];
}
