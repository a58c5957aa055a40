import headers from 'tar-stream/headers.js';
import { blockBytes, paddingOf } from './tree-header.ts';
import {
  TreeError,
  type TreeFile,
  type TreeFolder,
  type TreeLimits,
  type TreeLink,
  type TreeSize,
  faultOfName,
  shownName,
} from './tree.ts';

/** Is told what an archive holds, in its order. */
export interface TreeSink {
  file(file: TreeFile): void;
  /** Bytes of the last file told. */
  bytes(bytes: Buffer): void;
  fileEnd(): void;
  link(link: TreeLink): void;
  folder(folder: TreeFolder): void;
}

/** Largest extended header: two paths and little more. */
const extendedBytes = 16 * 1024;

interface Names {
  readonly name?: string;
  readonly target?: string;
}

/** Where the reader is. */
type State =
  | { readonly kind: 'header' }
  | { readonly kind: 'extended'; readonly type: string; readonly bytes: Buffer[]; left: number }
  | { readonly kind: 'content'; left: number }
  | { readonly kind: 'padding'; left: number }
  | { readonly kind: 'end' };

const invalid = (message: string, cause?: unknown): TreeError =>
  new TreeError('invalid', message, { cause });

/** `./a/` as `a`; empty for the folder itself. */
function bareName(name: string): string {
  const start = name.startsWith('./') ? name.slice(2) : name;
  const bare = start.endsWith('/') ? start.slice(0, -1) : start;
  return bare === '.' ? '' : bare;
}

/**
 * Reads the archive of a folder as its bytes arrive. Nothing in it is believed: names are paths below the folder, each
 * once, and none is below a file or a link; what is no file, link or folder is refused by its name.
 */
export class TreeReader {
  readonly #limits: TreeLimits;
  readonly #sink: TreeSink;
  #state: State = { kind: 'header' };
  #names: Names = {};
  /** What is known by its path, folders on the way too. */
  readonly #known = new Map<string, 'folder' | 'other' | 'implied'>();
  #bytes = 0;
  /** A header of which the rest is still to come. */
  #header = Buffer.alloc(0);

  constructor(limits: TreeLimits, sink: TreeSink) {
    this.#limits = limits;
    this.#sink = sink;
  }

  /** @throws TreeError, and what the sink throws */
  write(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = rest.subarray(this.#take(rest));
  }

  /** The archive has no more bytes. @throws TreeError `invalid` when it ended too early */
  end(): TreeSize {
    if (this.#state.kind !== 'end') throw invalid('the archive ends too early');
    return { entries: this.#known.size, bytes: this.#bytes };
  }

  /** Takes some of it; says how much. */
  #take(rest: Buffer): number {
    const state = this.#state;
    switch (state.kind) {
      case 'header':
        return this.#takeHeader(rest);
      case 'extended': {
        const part = rest.subarray(0, state.left);
        state.bytes.push(Buffer.from(part));
        state.left -= part.length;
        if (state.left === 0) this.#extendedEnd(state.type, Buffer.concat(state.bytes));
        return part.length;
      }
      case 'content': {
        const part = rest.subarray(0, state.left);
        this.#sink.bytes(part);
        state.left -= part.length;
        if (state.left === 0) this.#contentEnd();
        return part.length;
      }
      case 'padding': {
        const count = Math.min(rest.length, state.left);
        state.left -= count;
        if (state.left === 0) this.#state = { kind: 'header' };
        return count;
      }
      case 'end':
        // Some writers fill the archive up to a whole record.
        return rest.length;
    }
  }

  #padding = 0;

  #skip(sizeBytes: number): void {
    const left = paddingOf(sizeBytes);
    this.#state = left === 0 ? { kind: 'header' } : { kind: 'padding', left };
  }

  #contentEnd(): void {
    this.#sink.fileEnd();
    this.#skip(this.#padding);
  }

  #takeHeader(rest: Buffer): number {
    if (this.#header.length === 0 && rest.length >= blockBytes) {
      this.#begin(rest.subarray(0, blockBytes));
      return blockBytes;
    }
    const part = rest.subarray(0, blockBytes - this.#header.length);
    this.#header = Buffer.concat([this.#header, part]);
    if (this.#header.length === blockBytes) {
      const block = this.#header;
      this.#header = Buffer.alloc(0);
      this.#begin(block);
    }
    return part.length;
  }

  #begin(block: Buffer): void {
    let header: ReturnType<typeof headers.decode>;
    try {
      header = headers.decode(block);
    } catch (cause) {
      throw invalid('this is no tar archive', cause);
    }
    if (header === null) {
      this.#state = { kind: 'end' };
      return;
    }
    const size = header.size ?? 0;
    if (!Number.isSafeInteger(size) || size < 0) throw invalid('this is no tar archive');
    const type = header.type ?? 'unknown';
    if (['pax-header', 'gnu-long-path', 'gnu-long-link-path'].includes(type)) {
      if (size === 0 || size > extendedBytes) throw invalid('a name in the archive is too long');
      this.#padding = size;
      this.#state = { kind: 'extended', type, bytes: [], left: size };
      return;
    }
    const { name = header.name, target = header.linkname ?? '' } = this.#names;
    this.#names = {};
    this.#entry({ ...header, name: bareName(name), target, size, type });
  }

  #extendedEnd(type: string, bytes: Buffer): void {
    const { name, target } = this.#names;
    const found: Names =
      type === 'pax-header'
        ? this.#paxNames(bytes)
        : { [type === 'gnu-long-path' ? 'name' : 'target']: headers.decodeLongPath(bytes) };
    this.#names = {
      ...(name !== undefined && { name }),
      ...(target !== undefined && { target }),
      ...found,
    };
    this.#skip(this.#padding);
  }

  #paxNames(bytes: Buffer): Names {
    const { path, linkpath, size, ...others } = headers.decodePax(bytes);
    // A sparse file, or one whose size stands here, would be read wrongly.
    if (size !== undefined || Object.keys(others).some((key) => key.startsWith('GNU.sparse'))) {
      throw invalid('the archive holds a sparse file, or one that is too large');
    }
    return {
      ...(path !== undefined && { name: path }),
      ...(linkpath !== undefined && { target: linkpath }),
    };
  }

  #entry(header: {
    readonly name: string;
    readonly target: string;
    readonly type: string;
    readonly size: number;
    readonly mode: number;
    readonly mtime: Date;
  }): void {
    const { name, type, size } = header;
    // A time beyond the calendar is none.
    const mtimeSeconds = Math.max(0, Math.trunc(header.mtime.getTime() / 1000) || 0);
    if (type === 'directory' && name === '') return this.#skip(0);
    if (type !== 'file' && type !== 'symlink' && type !== 'directory') {
      const text = `${shownName(name)} is a ${type.replaceAll('-', ' ')}; only files, folders and symbolic links are taken`;
      throw invalid(text);
    }
    this.#note(name, type === 'directory');
    if (type === 'file') {
      this.#count(size);
      this.#sink.file({
        type: 'file',
        name,
        mtimeSeconds,
        sizeBytes: size,
        executable: (header.mode & 0o111) !== 0,
      });
      this.#padding = size;
      this.#state = { kind: 'content', left: size };
      if (size === 0) this.#contentEnd();
      return;
    }
    if (type === 'symlink') this.#link(name, header.target, mtimeSeconds);
    else this.#sink.folder({ type: 'folder', name, mtimeSeconds });
    this.#skip(0);
  }

  #link(name: string, target: string, mtimeSeconds: number): void {
    const bytes = Buffer.byteLength(target);
    if (bytes === 0 || bytes > 4000 || target.includes('\u0000')) {
      throw invalid(`the link ${shownName(name)} leads nowhere`);
    }
    this.#sink.link({ type: 'link', name, target, mtimeSeconds });
  }

  #count(size: number): void {
    this.#bytes += size;
    if (this.#bytes > this.#limits.bytes) {
      const mib = Math.floor(this.#limits.bytes / 1024 / 1024);
      throw new TreeError('too_large', `a folder may have at most ${mib} MiB`);
    }
  }

  /** One more path: unique, and below folders only. */
  #note(name: string, isFolder: boolean): void {
    const fault = faultOfName(name);
    if (fault !== undefined) throw invalid(`the path ${shownName(name)} ${fault}`);
    if (this.#limits.reserved === name.split('/', 1)[0]) {
      throw invalid(`the path ${shownName(name)} is kept for the job's own files`);
    }
    for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
      const parent = name.slice(0, at);
      const known = this.#known.get(parent);
      if (known === 'other') {
        throw invalid(`the path ${shownName(name)} lies below ${shownName(parent)}, no folder`);
      }
      if (known !== undefined) break;
      this.#known.set(parent, 'implied');
    }
    const before = this.#known.get(name);
    if (before !== undefined && !(before === 'implied' && isFolder)) {
      throw invalid(`the path ${shownName(name)} stands in the archive twice`);
    }
    this.#known.set(name, isFolder ? 'folder' : 'other');
    if (this.#known.size > this.#limits.entries) {
      const text = `a folder may have at most ${this.#limits.entries} files, links and folders`;
      throw new TreeError('too_many', text);
    }
  }
}
