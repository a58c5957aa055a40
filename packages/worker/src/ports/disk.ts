import type { Disk } from '../domain/disk/bounds.ts';
import type { Measured } from '../domain/disk/judge.ts';

/** The disks of a node. See docs/reference/sandbox.md#disk. */
export interface DiskGauge {
  /** The disks that these folders lie on, each once; one that cannot be looked at is left out. */
  spaces(folders: readonly string[]): Promise<readonly Disk[]>;
  /**
   * What is below these folders on each disk, where a file with several names counts once, and what the processes of a
   * container still have open of files without a name. What is not counted within `limitMs` is left out.
   */
  measure(place: {
    readonly folders: readonly string[];
    /** The container's own layer. */
    readonly layer: string | undefined;
    /** The container's first process. */
    readonly pid: number | undefined;
    readonly limitMs: number;
  }): Promise<ReadonlyMap<number, Measured>>;
}

/** Room on the disk of the state folder that is given back when there is none left. */
export interface DiskReserve {
  /** Gives it back at once; nothing happens when it is given back already. */
  release(): void;
  /** Takes it again where there is enough room above it; false while there is not. */
  restore(): Promise<boolean>;
}
