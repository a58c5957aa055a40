import { z } from 'zod';
import { limits } from './limits.ts';
import { isStorableText, utf8Bytes } from './primitives.ts';

/** Name of a secret, and of its file in a sandbox. See docs/reference/sandbox.md#secrets. */
export const secretNameSchema = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
    'must be 1 to 64 letters, digits, dots, dashes or underscores, a letter first',
  );

/** A secret as text of at most 32 KiB; refused without a part of it in the words. */
export const secretValueSchema = z
  .string()
  .refine((value) => value !== '', 'must not be empty')
  .refine(isStorableText, 'must be text without U+0000 and lone surrogates')
  .refine(
    (value) => utf8Bytes(value) <= limits.secretBytes,
    `must have at most ${limits.secretBytes / 1024} KiB`,
  );

/** Shorter secrets cannot be told from other text, and are not masked where a job writes them, bytes. */
export const leastMaskedBytes = 8;
