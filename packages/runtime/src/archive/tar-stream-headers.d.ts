/** The part of the library that makes and reads single headers; its own types leave it out. */
declare module 'tar-stream/headers.js' {
  import type { Headers } from 'tar-stream';

  type Written = Pick<Headers, 'name'> & {
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly size: number;
    readonly mtime: Date;
    readonly type: Headers['type'] | 'pax-header';
    readonly linkname?: string | null;
  };
  interface Read {
    readonly name: string;
    readonly mode: number;
    readonly size: number | null;
    readonly mtime: Date;
    readonly type: string | null;
    readonly linkname: string | null;
  }
  const headers: {
    /** Null for what needs an extended header. */
    encode(header: Written): Buffer | null;
    encodePax(names: { readonly name?: string; readonly linkname?: string | null }): Buffer;
    /** Null for a block of zeros. @throws for a wrong checksum or an unknown format */
    decode(block: Buffer): Read | null;
    decodePax(bytes: Buffer): Record<string, string>;
    decodeLongPath(bytes: Buffer): string;
  };
  export default headers;
}
