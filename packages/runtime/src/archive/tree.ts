import { CodedError } from '@cynodeai/runtime/std';

interface NamedEntry {
  /** Path below the folder, with `/` between names. */
  readonly name: string;
  /** Whole seconds since 1970; `make` compares them. */
  readonly mtimeSeconds: number;
}

export interface TreeFile extends NamedEntry {
  readonly type: 'file';
  readonly sizeBytes: number;
  readonly executable: boolean;
}

/** A symbolic link; where it leads is nobody's business on the way, for nobody follows it. */
export interface TreeLink extends NamedEntry {
  readonly type: 'link';
  readonly target: string;
}

export interface TreeFolder extends NamedEntry {
  readonly type: 'folder';
}

/** A thing of a folder that travels as an archive. */
export type TreeEntry = TreeFile | TreeLink | TreeFolder;

/** How much of a folder is taken. */
export interface TreeLimits {
  readonly entries: number;
  /** Of all files together, without what the archive adds. */
  readonly bytes: number;
  /** Name that nothing at the top of the folder may have. */
  readonly reserved?: string;
}

/** What a folder is: counted entries, and the bytes of its files. */
export interface TreeSize {
  readonly entries: number;
  readonly bytes: number;
}

/** Longest path of an entry and longest name in it, bytes: what a file system of Linux takes. */
export const treeNames = { pathBytes: 4000, nameBytes: 255 } as const;

/** A folder or its archive cannot be taken: for what it is, or for how much it is. */
export class TreeError extends CodedError<'invalid' | 'too_large' | 'too_many'> {}

/** A name as messages show it. */
export const shownName = (name: string): string => JSON.stringify(name.slice(0, 200));

/** What is wrong with the path of an entry; undefined when nothing is. */
export function faultOfName(name: string): string | undefined {
  if (name === '' || name.startsWith('/')) return 'is no path below the folder';
  if (name.includes('\u0000')) return 'holds NUL';
  if (!name.isWellFormed() || name.includes('\uFFFD')) return 'is not UTF-8; rename it';
  if (Buffer.byteLength(name) > treeNames.pathBytes) {
    return `is longer than ${treeNames.pathBytes} bytes`;
  }
  for (const part of name.split('/')) {
    if (part === '' || part === '.' || part === '..') return 'is no path below the folder';
    if (part.length > 60 && Buffer.byteLength(part) > treeNames.nameBytes) {
      return `has a name longer than ${treeNames.nameBytes} bytes`;
    }
  }
  return undefined;
}
