import { createHash } from 'node:crypto';
import { isSignedBy } from '../crypto/index.ts';
import { parseJsonOr } from '../std/index.ts';
import { ChainCheck } from './chain-check.ts';
import { type Header, lineSchema, maxLineBytes, rowEnd, rowStart } from './format.ts';
import { type LogFault, RangeCheck } from './range-check.ts';
import { keyIdOf } from './seal.ts';

export interface LogReport {
  /** Undefined when everything is as it was sealed. */
  readonly fault: LogFault | undefined;
  readonly header: Header | undefined;
  /** Rows that are as they were sealed. */
  readonly rows: number;
  readonly seals: number;
  /** Ranges whose rows were removed on purpose. */
  readonly removed: number;
  /** Ranges whose rows are not in the file because it begins later. */
  readonly skipped: number;
  /** Names the key of the header. */
  readonly keyId: string | undefined;
}

/** Stops at the first fault. */
class Found extends Error {
  readonly fault: LogFault;
  constructor(fault: LogFault) {
    super(fault.what);
    this.fault = fault;
  }
}

/**
 * Reads an export from its first to its last byte and says what is wrong first. Everything is checked with nothing but
 * the file and public keys. See docs/reference/audit.md#verify.
 */
export class LogVerifier {
  /** Undefined: the key in the file, which proves nothing about who wrote it. */
  readonly #trusted: readonly string[] | undefined;
  readonly #digest = createHash('sha256');
  #rest: Buffer = Buffer.alloc(0);
  #line = 0;
  #header: Header | undefined;
  #chain: ChainCheck | undefined;
  #range: RangeCheck | undefined;
  #ended = false;
  #rows = 0;
  #fault: LogFault | undefined;

  /** @param trusted public keys, base64url; without them the one in the file */
  constructor(trusted?: readonly string[]) {
    this.#trusted = trusted;
  }

  /** The next bytes of the file; false once there is a fault, when the rest makes no difference. */
  push(chunk: Buffer): boolean {
    if (this.#fault !== undefined) return false;
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    try {
      for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10)) {
        this.#take(bytes.subarray(0, end + 1));
        bytes = bytes.subarray(end + 1);
      }
      if (bytes.length > maxLineBytes) this.#fail({ what: 'a line is too long' }, 1);
    } catch (error) {
      this.#note(error);
    }
    this.#rest = Buffer.from(bytes);
    return this.#fault === undefined;
  }

  /** Behind the last byte. */
  end(): LogReport {
    try {
      if (this.#fault === undefined) this.#atEnd();
    } catch (error) {
      this.#note(error);
    }
    const { seals = 0, removed = 0, skipped = 0 } = this.#chain ?? {};
    const header = this.#header;
    return {
      fault: this.#fault,
      header,
      rows: this.#rows,
      seals,
      removed,
      skipped,
      keyId: header && keyIdOf(header.public_key),
    };
  }

  #note(error: unknown): void {
    if (!(error instanceof Found)) throw error;
    this.#fault = error.fault;
  }

  #fail(fault: Omit<LogFault, 'line'>, further = 0): never {
    throw new Found({ ...fault, line: this.#line + further });
  }

  #take(bytes: Buffer): void {
    this.#line += 1;
    const text = bytes.subarray(0, -1);
    const isRow = text.subarray(0, rowStart.length).equals(rowStart) && text.at(-1) === rowEnd[0];
    if (this.#ended) this.#fail({ what: 'there are lines behind the end' });
    if (isRow) this.#takeRow(text.subarray(rowStart.length, -1));
    else this.#takeOther(text);
    if (!this.#ended) this.#digest.update(bytes);
  }

  #takeRow(text: Buffer): void {
    if (this.#range === undefined) this.#fail({ what: 'a row stands where no seal speaks of one' });
    const fault = this.#range.row(text);
    if (fault !== undefined) this.#fail({ table: this.#range.table, ...fault });
    this.#rows += 1;
  }

  #takeOther(text: Buffer): void {
    this.#endRange();
    const parsed = lineSchema.safeParse(parseJsonOr(text.toString('utf8')));
    if (!parsed.success) this.#fail({ what: 'the line is none of an export' });
    const line = parsed.data;
    if ('header' in line) this.#takeHeader(line.header);
    else if (this.#chain === undefined) this.#fail({ what: 'the first line is missing' });
    else if ('seal' in line) this.#takeSeal(line.seal, this.#chain);
    else this.#takeEnd(line.end, this.#chain, text.toString('utf8'));
  }

  #takeHeader(header: Header): void {
    if (this.#header !== undefined) this.#fail({ what: 'there is a second first line' });
    const keys = this.#trusted ?? [header.public_key];
    if (!keys.includes(header.public_key)) {
      this.#fail({ what: `it was written with the key ${keyIdOf(header.public_key)}, not yours` });
    }
    this.#header = header;
    this.#chain = new ChainCheck(header, keys);
  }

  #takeSeal(seal: Parameters<ChainCheck['seal']>[0], chain: ChainCheck): void {
    const checked = chain.seal(seal);
    if ('fault' in checked) this.#fail({ table: seal.table_name, what: checked.fault });
    this.#range = checked.hashes && new RangeCheck(seal, checked.hashes);
  }

  #endRange(): void {
    const fault = this.#range?.end();
    if (fault !== undefined) this.#fail({ table: this.#range?.table, ...fault });
    this.#range = undefined;
  }

  #takeEnd(
    end: { sha256: string; key_id: string; signature: string },
    chain: ChainCheck,
    text: string,
  ): void {
    const { sha256, key_id, signature } = end;
    const cut = chain.cut();
    if (cut !== undefined) this.#fail(cut);
    const key = chain.keyOf(key_id);
    // Nothing signs this line itself, so there is one way only to write it.
    const spelled = Buffer.from(signature, 'base64url').toString('base64url');
    const isPlain = text === JSON.stringify({ end: { sha256, key_id, signature: spelled } });
    const isWhole = isPlain && this.#digest.copy().digest('hex') === sha256;
    if (!isWhole || key === undefined || !isSignedBy(key, `export ${sha256}`, signature)) {
      this.#fail({ what: 'the file is not as it was written: its signature does not fit' });
    }
    this.#ended = true;
  }

  #atEnd(): void {
    if (this.#rest.length > 0) this.#fail({ what: 'the last line is cut off' }, 1);
    if (this.#ended) return;
    this.#endRange();
    this.#fail({ what: 'the file is cut off: its last line is missing' }, 1);
  }
}
