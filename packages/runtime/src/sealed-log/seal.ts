import { hash } from 'node:crypto';
import { type SigningKey, canonicalHash, canonicalJson, isSignedBy } from '../crypto/index.ts';

/** What is said of a range of rows; hashes are hex. */
export interface Seal {
  readonly table_name: string;
  /** One more than the end of the range before; 1 for the first. */
  readonly from_seq: number;
  readonly to_seq: number;
  readonly row_count: number;
  /** SHA-256 over the hashes of the rows, in order. */
  readonly root_hash: string;
  /** Null for the first of its table. */
  readonly prev_seal_hash: string | null;
  /** RFC 3339, in UTC. */
  readonly created_at: string;
  /** Names the key that signed. */
  readonly key_id: string;
}

/** A link of the chain. */
export interface SignedSeal extends Seal {
  /** SHA-256 over the canonical JSON of what is said. */
  readonly seal_hash: string;
  /** By the key over that hash, base64url. */
  readonly signature: string;
}

/** Says that the rows of a range were removed on purpose. */
export interface Removal {
  readonly removed_at: string;
  readonly removal_key_id: string;
  readonly removal_signature: string;
}

/** Bytes of a SHA-256. */
export const hashBytes = 32;

export function sha256(bytes: Uint8Array | string): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** Names a public key in few characters. */
export function keyIdOf(publicKey: string): string {
  return sha256(publicKey).toString('hex').slice(0, 16);
}

/**
 * A row as it is hashed: canonical JSON (RFC 8785) of its columns, times as RFC 3339 in UTC with milliseconds. Columns
 * that are null are left out, so that a column added later changes no row of before.
 * See docs/reference/audit.md#chain.
 */
export function rowText(row: Readonly<Record<string, unknown>>): string {
  const said = Object.entries(row).filter(([, value]) => value !== null && value !== undefined);
  return canonicalJson(
    Object.fromEntries(
      said.map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
    ),
  );
}

/** The hash of what a seal says. */
export function sealHashOf(seal: Seal): string {
  const { table_name, from_seq, to_seq, row_count, root_hash, prev_seal_hash } = seal;
  const { created_at, key_id } = seal;
  return canonicalHash({
    table_name,
    from_seq,
    to_seq,
    row_count,
    root_hash,
    prev_seal_hash,
    created_at,
    key_id,
  });
}

export function signSeal(seal: Omit<Seal, 'key_id'>, key: SigningKey): SignedSeal {
  const named = { ...seal, key_id: keyIdOf(key.publicKey) };
  const seal_hash = sealHashOf(named);
  return { ...named, seal_hash, signature: key.sign(seal_hash) };
}

const removalText = (sealHash: string, removedAt: string): string =>
  canonicalJson({ removed: sealHash, removed_at: removedAt });

/** Signs that the rows of a seal are removed. */
export function signRemoval(sealHash: string, removedAt: string, key: SigningKey): Removal {
  return {
    removed_at: removedAt,
    removal_key_id: keyIdOf(key.publicKey),
    removal_signature: key.sign(removalText(sealHash, removedAt)),
  };
}

export function isRemoval(sealHash: string, removal: Removal, publicKey: string): boolean {
  const text = removalText(sealHash, removal.removed_at);
  return isSignedBy(publicKey, text, removal.removal_signature);
}
