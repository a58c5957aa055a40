import { blockBytes, headerOf, paddingOf } from './tree-header.ts';
import { type TreeFile, type TreeFolder, type TreeLink, TreeError, shownName } from './tree.ts';

/** Reads a file that is in the archive, from its beginning. */
export interface TreeFileReader {
  /** Puts the next bytes into `buffer`; 0 at the end of the file. */
  read(buffer: Buffer, offset: number, length: number): number;
  close(): void;
}

/** A file that can be read when its turn has come; synchronously, for ten thousand small files cost far less that way. */
export interface PackedFile extends TreeFile {
  readonly open: () => TreeFileReader;
}

/** An entry on its way into an archive. */
export type PackedEntry = PackedFile | TreeLink | TreeFolder;

const pieceBytes = 256 * 1024;
/** Two blocks of zeros end an archive. */
const endBytes = 2 * blockBytes;

/** Bytes of the archive that `packTree` makes. */
export function packedBytes(entries: Iterable<PackedEntry>): number {
  let bytes = endBytes;
  for (const entry of entries) {
    const size = entry.type === 'file' ? entry.sizeBytes : 0;
    bytes += headerOf(entry).length + size + paddingOf(size);
  }
  return bytes;
}

/** Fills one piece after the other. */
class Pieces {
  #piece = Buffer.allocUnsafe(pieceBytes);
  #used = 0;
  readonly full: Buffer[] = [];

  get room(): number {
    return pieceBytes - this.#used;
  }

  /** Lets `fill` put at most so many bytes in; says how many it put. */
  fill(most: number, fill: (buffer: Buffer, offset: number, length: number) => number): number {
    const count = fill(this.#piece, this.#used, Math.min(most, this.room));
    this.#used += count;
    if (this.room === 0) this.#next();
    return count;
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      at += this.fill(bytes.length - at, (buffer, offset, length) => {
        buffer.set(bytes.subarray(at, at + length), offset);
        return length;
      });
    }
  }

  end(): void {
    if (this.#used > 0) this.#next();
  }

  #next(): void {
    this.full.push(this.#piece.subarray(0, this.#used));
    this.#piece = Buffer.allocUnsafe(pieceBytes);
    this.#used = 0;
  }
}

const changed = (name: string): TreeError =>
  new TreeError('invalid', `${shownName(name)} became shorter while it was read; try again`);

function* contentOf(file: PackedFile, pieces: Pieces): Generator<void> {
  const reader = file.open();
  try {
    for (let left = file.sizeBytes; left > 0;) {
      const count = pieces.fill(left, (...into) => reader.read(...into));
      if (count === 0) throw changed(file.name);
      left -= count;
      if (pieces.full.length > 0) yield;
    }
  } finally {
    reader.close();
  }
}

/**
 * A folder as one tar archive, the same bytes for the same entries, made while it is read.
 * @throws TreeError `invalid` where a file became shorter, and what `open` and its readers throw
 */
export async function* packTree(entries: Iterable<PackedEntry>): AsyncGenerator<Buffer, void> {
  const pieces = new Pieces();
  for (const entry of entries) {
    pieces.add(headerOf(entry));
    if (entry.type === 'file') {
      for (const _ of contentOf(entry, pieces)) yield* pieces.full.splice(0);
      pieces.add(Buffer.alloc(paddingOf(entry.sizeBytes)));
    }
    yield* pieces.full.splice(0);
  }
  pieces.add(Buffer.alloc(endBytes));
  pieces.end();
  yield* pieces.full;
}
