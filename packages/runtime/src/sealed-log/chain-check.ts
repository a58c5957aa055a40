import { isSignedBy } from '../crypto/index.ts';
import type { Header, SealLine } from './format.ts';
import { hashBytes, isRemoval, keyIdOf, sealHashOf, sha256 } from './seal.ts';

interface ChainState {
  readonly hash: string | null;
  readonly toSeq: number;
  /** A range with rows came: from here on none may lack them. */
  readonly hasRows: boolean;
  /** The remembered head was met. */
  readonly sawHead: boolean;
}

const start: ChainState = { hash: null, toSeq: 0, hasRows: false, sawHead: false };

const anotherChain = (toSeq: number): string =>
  `the chain up to row ${toSeq} is another than the one that was seen`;

/** Hashes of the rows that follow; undefined where none do. */
type Checked = { readonly hashes: Buffer | undefined } | { readonly fault: string };

/** Follows the chain of every table from seal to seal. */
export class ChainCheck {
  readonly #header: Header;
  readonly #keys: ReadonlyMap<string, string>;
  readonly #tables = new Map<string, ChainState>();
  seals = 0;
  removed = 0;
  skipped = 0;

  constructor(header: Header, keys: readonly string[]) {
    this.#header = header;
    this.#keys = new Map(keys.map((key) => [keyIdOf(key), key]));
  }

  keyOf(keyId: string): string | undefined {
    return this.#keys.get(keyId);
  }

  /** The next seal. */
  seal(seal: SealLine): Checked {
    const before = this.#tables.get(seal.table_name) ?? start;
    const fault = this.#linkFault(seal, before) ?? this.#headFault(seal);
    if (fault !== undefined) return { fault };
    const checked = this.#rowsOf(seal, before);
    if ('fault' in checked) return checked;
    this.seals += 1;
    this.#tables.set(seal.table_name, {
      hash: seal.seal_hash,
      toSeq: seal.to_seq,
      hasRows: before.hasRows || checked.hashes !== undefined,
      sawHead: before.sawHead || seal.to_seq === this.#header.heads[seal.table_name]?.to_seq,
    });
    return checked;
  }

  /** A chain that ends before where somebody outside of the database has seen it end. */
  cut(): { readonly table: string; readonly seq: number; readonly what: string } | undefined {
    for (const [table, head] of Object.entries(this.#header.heads)) {
      const state = this.#tables.get(table) ?? start;
      if (state.sawHead) continue;
      const what =
        state.toSeq < head.to_seq
          ? `the log ends at row ${state.toSeq}, although it was sealed up to row ${head.to_seq}: its end was cut off`
          : anotherChain(head.to_seq);
      return { table, seq: Math.min(state.toSeq, head.to_seq) + 1, what };
    }
    return undefined;
  }

  #linkFault(seal: SealLine, before: ChainState): string | undefined {
    const range = `rows ${seal.from_seq} to ${seal.to_seq}`;
    if (!this.#header.tables.includes(seal.table_name)) return 'the table is none of the file';
    if (seal.prev_seal_hash !== before.hash || seal.from_seq !== before.toSeq + 1) {
      return `the seal of ${range} does not follow the one before, which ends at row ${before.toSeq}: a seal was removed, put in or moved`;
    }
    if (seal.to_seq < seal.from_seq) return `the seal of ${range} is of no rows`;
    const key = this.#keys.get(seal.key_id);
    if (key === undefined) return `the seal of ${range} is by another key, ${seal.key_id}`;
    const isRight = sealHashOf(seal) === seal.seal_hash;
    return isRight && isSignedBy(key, seal.seal_hash, seal.signature)
      ? undefined
      : `the seal of ${range} was changed: its signature does not fit`;
  }

  #headFault(seal: SealLine): string | undefined {
    const head = this.#header.heads[seal.table_name];
    if (head?.to_seq !== seal.to_seq || head.seal_hash === seal.seal_hash) return undefined;
    return anotherChain(seal.to_seq);
  }

  #rowsOf(seal: SealLine, before: ChainState): Checked {
    const range = `rows ${seal.from_seq} to ${seal.to_seq}`;
    if (seal.row_hashes !== undefined) {
      const hashes = Buffer.from(seal.row_hashes, 'base64');
      const isRight =
        hashes.length === seal.row_count * hashBytes &&
        sha256(hashes).toString('hex') === seal.root_hash;
      return isRight ? { hashes } : { fault: `the hashes of ${range} were changed` };
    }
    if (before.hasRows) return { fault: `${range} were removed` };
    if (this.#isRemoved(seal)) this.removed += 1;
    else if (this.#isLeftOut(seal)) this.skipped += 1;
    else return { fault: `${range} were removed, and nobody signed for that` };
    return { hashes: undefined };
  }

  /** Rows of a range are older than its seal, which is signed: nothing else tells that nobody asked for them. */
  #isLeftOut({ created_at, removed_at }: SealLine): boolean {
    const { since } = this.#header;
    if (since === undefined || removed_at !== undefined) return false;
    return Date.parse(created_at) < Date.parse(since);
  }

  #isRemoved({ seal_hash, removed_at, removal_key_id, removal_signature }: SealLine): boolean {
    if (removed_at === undefined || removal_key_id === undefined) return false;
    const key = this.#keys.get(removal_key_id);
    if (key === undefined || removal_signature === undefined) return false;
    return isRemoval(seal_hash, { removed_at, removal_key_id, removal_signature }, key);
  }
}
