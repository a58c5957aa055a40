import type { Folder } from '@cynodeai/contracts/gateway';
import type { Settings } from '../nodes/config-settings.ts';

const prefix = 'sha256:';

/** SHA-256 of the archive behind a folder's name, hex. */
export const archiveHash = (folder: string): string => folder.slice(prefix.length);

/** A stored folder as the API shows it. */
export function folderView(folder: {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly entries: number;
}): Folder {
  return {
    folder: `${prefix}${folder.sha256}`,
    size_bytes: folder.sizeBytes,
    entries: folder.entries,
  };
}

/** The setting that says how large a folder may be, MiB. See docs/reference/folders.md#what-is-sent. */
export const folderSizeKey = 'folders.max_mib';

/** What the setting may say. */
export const folderSizes = { defaultMib: 512, maxMib: 8000 } as const;

/** Bytes that the files of a folder may have; a value of a wrong type counts as unset. */
export function folderBytes(stored: Settings): number {
  const value = stored.get(folderSizeKey);
  const isSize =
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= 1 &&
    value <= folderSizes.maxMib;
  return (isSize ? value : folderSizes.defaultMib) * 1024 * 1024;
}
