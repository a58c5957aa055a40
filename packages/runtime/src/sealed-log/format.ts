import { z } from 'zod';

/** What stands before a row and behind it in its line. */
export const rowStart = Buffer.from('{"row":');
export const rowEnd = Buffer.from('}');

/** Longer is no line of an export. */
export const maxLineBytes = 4 * 1024 * 1024;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const seq = z.int();

/** Where a chain ended as somebody outside of the database remembers it. */
export const headSchema = z.object({ to_seq: seq, seal_hash: hash });
export type Head = z.infer<typeof headSchema>;

/** First line of a file. */
export const headerSchema = z.strictObject({
  format: z.literal('cynode-audit'),
  version: z.literal(1),
  exported_at: z.string(),
  /** RFC 3339; rows of ranges that ended and were sealed before are left out. */
  since: z.string().optional(),
  /** Ed25519, base64url. */
  public_key: z.string(),
  tables: z.array(z.string()),
  /** By table. */
  heads: z.record(z.string(), headSchema),
});
export type Header = z.infer<typeof headerSchema>;

/** A seal, followed by its rows where it has `row_hashes`. */
export const sealLineSchema = z.strictObject({
  table_name: z.string(),
  from_seq: seq,
  to_seq: seq,
  row_count: z.int().positive(),
  root_hash: hash,
  prev_seal_hash: hash.nullable(),
  created_at: z.string(),
  key_id: z.string(),
  seal_hash: hash,
  signature: z.string(),
  /** Hashes of the rows one behind the other, base64. */
  row_hashes: z.base64().optional(),
  removed_at: z.string().optional(),
  removal_key_id: z.string().optional(),
  removal_signature: z.string().optional(),
});
export type SealLine = z.infer<typeof sealLineSchema>;

/** Last line: signs all bytes before it. */
export const endSchema = z.strictObject({
  /** SHA-256 of everything before this line. */
  sha256: hash,
  key_id: z.string(),
  signature: z.string(),
});

/** Every line but rows. */
export const lineSchema = z.union([
  z.strictObject({ header: headerSchema }),
  z.strictObject({ seal: sealLineSchema }),
  z.strictObject({ end: endSchema }),
]);
export type Line = z.infer<typeof lineSchema>;
