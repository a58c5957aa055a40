import { z } from 'zod';
import { isServiceUrl, serviceUrlRule } from './service-url.ts';

/**
 * True when the text fits PostgreSQL's `text` and `jsonb`: no U+0000, no lone surrogate.
 * See docs/reference/database.md#conventions.
 */
export function isStorableText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/** Bytes of the text in UTF-8. */
export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Text a client may send: storable, or refused with 400. */
export const textSchema = z
  .string()
  .refine(isStorableText, 'must not contain U+0000 or lone surrogates');

/** Lower-case RFC 4122 uuid; anything else is 400. */
export const uuidSchema = z
  .string()
  .regex(
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    'must be a lower-case uuid',
  );

/** A configured node id: becomes `node_slug`. Byte order decides ties, so it is plain text of bounded length. */
export const nodeSlugSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    'must be 1 to 128 letters, digits, dots, dashes or underscores, starting with a letter or digit',
  );

/** RFC 3339 instant in UTC, as written by `Date.prototype.toISOString`. */
export const timestampSchema = z.iso.datetime().max(40);

/** 26 characters of upper-case Crockford Base32. See docs/reference/nodes.md#configuration. */
export const ulidSchema = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'must be a ULID');

/**
 * Absolute http or https URL without userinfo, query or fragment.
 * See docs/reference/nodes.md#worker-api-url.
 */
export const serviceUrlSchema = z.string().refine(isServiceUrl, serviceUrlRule);

/**
 * Payloads between orchestrator and node carry `version: 1`.
 * See docs/reference/nodes.md#payload-rules.
 */
export const payloadVersionSchema = z.literal(1);

/** Strict base64 with padding. */
export const base64Schema = z.base64();
