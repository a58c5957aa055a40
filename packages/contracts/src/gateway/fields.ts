import { z } from 'zod';
import { limits } from '../common/limits.ts';
import { uuidSchema } from '../common/primitives.ts';

/** A whole number in a query. */
export const wholeNumber = (min: number, max: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/** Query parameters of a list that comes in pages. */
export const paging = {
  limit: wholeNumber(limits.pageMin, limits.pageMax).optional(),
  cursor: z.string().max(1024).optional(),
};

/** A moment in a query, with its time zone. */
export const momentSchema = z.iso.datetime({ offset: true });

/** Path of a resource by its uuid. */
export const idRef = z.object({ id: uuidSchema });

/** How an administrator's call is refused. */
export const adminErrors = ['authentication', 'authorization'] as const;

/** Path of a task: its uuid, or the name its creator gave. */
export const taskRef = z.object({ id: z.string().min(1).max(limits.indexedTextChars) });
