import { z } from 'zod';

/** Texts separated by commas, each of one kind. @param expected the kind, for who wrote another */
export const listField = (
  isOne: (text: string) => boolean,
  expected: string,
): z.ZodType<readonly string[], string> =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((parts) => parts.every(isOne), `must be ${expected}, separated by commas`);
