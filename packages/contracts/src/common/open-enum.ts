import { z } from 'zod';

const open = new WeakSet<z.ZodType>();

/**
 * Words of which a newer server may know more: as part of a request they are checked, in an answer a reader takes any
 * text in their place.
 */
export function openEnum<const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodEnum<{ [K in T[number]]: K }> {
  const schema = z.enum(words);
  open.add(schema);
  return schema;
}

/** True for a schema made by `openEnum`. */
export function isOpenEnum(schema: z.ZodType): boolean {
  return open.has(schema);
}
