/** A graphics card as far as the host tells without a vendor's tools. */
export interface GpuDevice {
  readonly vendor: string;
  readonly deviceId: string;
  readonly vramMb?: number;
}

/** What the node found out about its machine; sizes in MiB. Contract 03 section 4.2. */
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
