/** What a start puts on the disk, and how much of it, MiB. */
export interface RoomPart {
  readonly what: 'the database' | 'the sandbox image' | 'everything else';
  readonly mib: number;
}

/** What of an install is there already. */
export interface InstallParts {
  /** Its own cluster, or a database of somebody else's. */
  readonly database: boolean;
  /** In the storage of the engine, or kept by a daemon elsewhere. */
  readonly image: boolean;
}

/** The image is there twice while it is made: unpacked or in the engine's storage, and as an archive. */
const sizes = { database: 64, image: 600, others: 40 } as const;

/** The room that the next start of an install needs beside what it has. */
export function roomNeeded(has: InstallParts): readonly RoomPart[] {
  return [
    ...(has.database ? [] : [{ what: 'the database', mib: sizes.database } as const]),
    ...(has.image ? [] : [{ what: 'the sandbox image', mib: sizes.image } as const]),
    { what: 'everything else', mib: sizes.others },
  ];
}

/** A disk, what is free of it, and what a start puts there. */
export interface DiskDemand {
  readonly directory: string;
  readonly freeMib: number;
  readonly parts: readonly RoomPart[];
}

const sumOf = (parts: readonly RoomPart[]): number => parts.reduce((sum, { mib }) => sum + mib, 0);

/** Why a start cannot succeed on this disk, in words; undefined when it has room. */
export function lackOfRoom({ directory, freeMib, parts }: DiskDemand): string | undefined {
  const needed = sumOf(parts);
  if (freeMib >= needed) return undefined;
  const each = parts.map(({ what, mib }) => `${what} ${mib}`).join(', ');
  return `the disk of ${directory} has ${Math.floor(freeMib)} MiB free, and this start needs ${needed} MiB there (${each}); make room, or set CYNODE_HOME to a folder on a larger disk`;
}
