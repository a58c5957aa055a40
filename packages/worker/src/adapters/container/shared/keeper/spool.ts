import { closeSync, openSync, readSync } from 'node:fs';
import type { OutputSink } from '../../../../ports/sandbox-engine.ts';
import type { HostProcess } from '../host-process.ts';
import { recordHeaderBytes, recordKind } from './keeper-program.ts';

/** How what a keeper kept has ended. */
export type KeptEnd = { readonly at: Date; readonly begunAt: Date } & (
  | { readonly kind: 'exited'; readonly code: number }
  /** The client was ended by a signal. */
  | { readonly kind: 'killed' }
  /** Nothing was begun, or nobody can say how it ended. */
  | { readonly kind: 'fault'; readonly words: string }
);

export interface SpoolSinks {
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  /** What is followed is attached. */
  readonly attached?: () => void;
}

/** Read at once: more than a whole spool holds of one stream is not to be expected. */
const pieceBytes = 64 * 1024;

function endOf(text: string, times: Pick<KeptEnd, 'at' | 'begunAt'>): KeptEnd {
  const [, word, rest = ''] = /^(\w+) (.*)$/s.exec(text) ?? [];
  if (word === 'exit') return { kind: 'exited', code: Number(rest), ...times };
  return word === 'signal'
    ? { kind: 'killed', ...times }
    : { kind: 'fault', words: rest, ...times };
}

/** Reads a spool from its beginning, as far as it is written. */
export class SpoolReader implements Disposable {
  readonly #descriptor: number;
  readonly #sinks: SpoolSinks;
  #at = 0;
  #rest: Buffer = Buffer.alloc(0);
  #keeper: HostProcess | undefined;
  #begunAt: Date | undefined;
  #end: KeptEnd | undefined;

  /** @throws when there is no such spool */
  constructor(path: string, sinks: SpoolSinks) {
    this.#descriptor = openSync(path, 'r');
    this.#sinks = sinks;
  }

  /** The first record; undefined while there is none. */
  get keeper(): HostProcess | undefined {
    return this.#keeper;
  }

  /** Hands on what is new; gives the end once it is there. It lies in memory: a thread pool would cost ten times the work. */
  read(): KeptEnd | undefined {
    const piece = Buffer.allocUnsafe(pieceBytes);
    while (this.#end === undefined) {
      const count = readSync(this.#descriptor, piece, 0, pieceBytes, this.#at);
      if (count === 0) break;
      this.#at += count;
      this.#take(Buffer.concat([this.#rest, piece.subarray(0, count)]));
    }
    return this.#end;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  #take(bytes: Buffer): void {
    let at = 0;
    while (bytes.length - at >= recordHeaderBytes) {
      const end = at + recordHeaderBytes + bytes.readUInt32BE(at + 1);
      if (bytes.length < end) break;
      const time = new Date(Number(bytes.readBigUInt64BE(at + 5)));
      this.#record(bytes.readUInt8(at), bytes.subarray(at + recordHeaderBytes, end), time);
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }

  #record(kind: number, content: Buffer, at: Date): void {
    const { stdout, stderr, attached } = this.#sinks;
    switch (kind) {
      case recordKind.keeper: {
        const [pid = '', startTicks = ''] = content.toString('latin1').split(' ');
        this.#keeper = { pid: Number(pid), startTicks };
        this.#begunAt = at;
        break;
      }
      case recordKind.stdout:
        stdout.write(content, at);
        break;
      case recordKind.stderr:
        stderr.write(content, at);
        break;
      case recordKind.stdoutGap:
        stdout.omit?.(Number(content.toString('latin1')));
        break;
      case recordKind.stderrGap:
        stderr.omit?.(Number(content.toString('latin1')));
        break;
      case recordKind.attached:
        attached?.();
        break;
      case recordKind.end:
        this.#end = endOf(content.toString('latin1'), { at, begunAt: this.#begunAt ?? at });
        break;
      default:
        break;
    }
  }
}
