import { parseJsonOr, at } from '../std/index.ts';
import type { SealLine } from './format.ts';
import { hashBytes, sha256 } from './seal.ts';

/** What was found to be wrong first. */
export interface LogFault {
  /** Table of the log, where it is known. */
  readonly table?: string | undefined;
  /** Number of the row, where one is at fault. */
  readonly seq?: number | undefined;
  /** Line of the file, from 1. */
  readonly line: number;
  readonly what: string;
}

type Fault = Pick<LogFault, 'seq' | 'what'>;

const seqOf = (text: Buffer | undefined): number | undefined => {
  const seq = text && at(parseJsonOr(text.toString('utf8')), 'seq');
  return typeof seq === 'number' ? seq : undefined;
};

/** Compares the rows that follow a seal with the hashes in it. */
export class RangeCheck {
  readonly #seal: SealLine;
  readonly #hashes: Buffer;
  #next = 0;
  #before: Buffer | undefined;

  constructor(seal: SealLine, hashes: Buffer) {
    this.#seal = seal;
    this.#hashes = hashes;
  }

  get table(): string {
    return this.#seal.table_name;
  }

  /** The next row; undefined when it is as it was sealed. */
  row(text: Buffer): Fault | undefined {
    const hash = sha256(text);
    if (this.#isAt(this.#next, hash)) {
      this.#next += 1;
      this.#before = text;
      return undefined;
    }
    return this.#faultOf(text, hash);
  }

  /** Behind the last row. */
  end(): Fault | undefined {
    return this.#next < this.#seal.row_count ? this.#removed(undefined) : undefined;
  }

  #faultOf(text: Buffer, hash: Buffer): Fault {
    const seq = seqOf(text);
    const place = this.#placeOf(hash);
    if (place !== undefined && place > this.#next) return this.#removed(seq);
    const named = `row ${seq ?? 'without a number'}`;
    if (place !== undefined) return { seq, what: `${named} is there twice or in another place` };
    const what = this.#next < this.#seal.row_count ? 'changed or put in' : 'put in';
    return { seq, what: `${named} is not as it was sealed: it was ${what}` };
  }

  #isAt(place: number, hash: Buffer): boolean {
    return hash.equals(this.#hashes.subarray(place * hashBytes, (place + 1) * hashBytes));
  }

  #placeOf(hash: Buffer): number | undefined {
    for (let place = 0; place < this.#seal.row_count; place += 1) {
      if (this.#isAt(place, hash)) return place;
    }
    return undefined;
  }

  /** Says which row is missing as well as the numbers beside it tell. */
  #removed(nextSeq: number | undefined): Fault {
    const { from_seq, to_seq } = this.#seal;
    const first = (seqOf(this.#before) ?? from_seq - 1) + 1;
    const last = (nextSeq ?? to_seq + 1) - 1;
    const isOne = first === last;
    const named = isOne ? `row ${first}` : `a row from ${first} to ${last}`;
    return { seq: first, what: `${named} was removed or moved` };
  }
}
