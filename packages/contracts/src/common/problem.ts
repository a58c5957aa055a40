import { z } from 'zod';

/** One broken rule of a request. `field` is a dotted path, `message` says what would be right. */
export const fieldErrorSchema = z.object({ field: z.string(), message: z.string() });

/** RFC 9457 problem document. `instance` is the request id. `reasons` only on `/readyz`, `errors` only on `validation`,
 * `reason` only on refusals of a workflow. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string().optional(),
  instance: z.string().optional(),
  errors: z.array(fieldErrorSchema).optional(),
  /** The kind's name, where a caller of the workflow decides by it. */
  reason: z.string().optional(),
  reasons: z
    .array(z.object({ code: z.string(), message: z.string(), action: z.string() }))
    .optional(),
});

export type Problem = z.infer<typeof problemSchema>;
export type FieldError = z.infer<typeof fieldErrorSchema>;
/**
 * One cause of not being ready, with what the operator can do.
 * See docs/reference/processes.md#readiness.
 */
export type ReadinessReason = NonNullable<Problem['reasons']>[number];
