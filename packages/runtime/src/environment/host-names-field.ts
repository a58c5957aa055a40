import { z } from 'zod';

const hostName = /^(?:\*|[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,20})$/i;

/** Names of hosts, separated by commas; `*` stands for any. */
export const hostNamesField = (): z.ZodType<readonly string[], string> =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine(
      (parts) => parts.every((part) => hostName.test(part)),
      'must be host names without port, separated by commas, or *',
    );
