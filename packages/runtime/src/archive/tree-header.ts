import headers from 'tar-stream/headers.js';
import { type TreeEntry, type TreeFile, type TreeFolder, type TreeLink } from './tree.ts';

/** Everything in a tar archive comes in blocks of so many bytes. */
export const blockBytes = 512;

/** The largest time that the library writes, seconds. */
const lastSecond = 2 ** 31 - 1;

/** Bytes behind content of a size, up to a whole block. */
export const paddingOf = (sizeBytes: number): number =>
  (blockBytes - (sizeBytes % blockBytes)) % blockBytes;

const typeOf = { file: 'file', link: 'symlink', folder: 'directory' } as const;

const modeOf = (entry: TreeEntry): number =>
  entry.type === 'folder' || (entry.type === 'file' && entry.executable) ? 0o755 : 0o644;

/** The blocks in front of an entry's content: always the same for the same entry. */
export function headerOf(entry: TreeFile | TreeLink | TreeFolder): Buffer {
  const { name, mtimeSeconds } = entry;
  const linkname = entry.type === 'link' ? entry.target : null;
  const plain = {
    mode: modeOf(entry),
    uid: 0,
    gid: 0,
    mtime: new Date(Math.min(Math.max(0, Math.trunc(mtimeSeconds)), lastSecond) * 1000),
  };
  const size = entry.type === 'file' ? entry.sizeBytes : 0;
  const type = typeOf[entry.type];
  // Beyond ASCII the short form has no agreed meaning; the library refuses such a name, but not such a target.
  const isShort = linkname === null || Buffer.byteLength(linkname) === linkname.length;
  const short = isShort ? headers.encode({ ...plain, name, size, type, linkname }) : null;
  if (short !== null) return short;
  const names = headers.encodePax({ name, linkname });
  const extended = { ...plain, name: 'PaxHeader', size: names.length, type: 'pax-header' } as const;
  const stand = {
    ...plain,
    name: 'PaxHeader',
    size,
    type,
    ...(linkname !== null && { linkname: 'PaxHeader' }),
  };
  const padding = Buffer.alloc(paddingOf(names.length));
  // Neither name is one that the short form cannot hold.
  const blocks = [headers.encode(extended), names, padding, headers.encode(stand)];
  return Buffer.concat(blocks.filter((block) => block !== null));
}
