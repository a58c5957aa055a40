import { z } from 'zod';

/**
 * Ways a call fails, with whether it was let in, and the status the convenience route answers.
 * See docs/reference/mcp.md#errors.
 */
export const toolErrors = {
  unknown_tool: { decision: 'deny', status: 404 },
  tool_disabled: { decision: 'deny', status: 403 },
  not_allowlisted: { decision: 'deny', status: 403 },
  scope_denied: { decision: 'deny', status: 403 },
  policy_denied: { decision: 'deny', status: 403 },
  setting_disabled: { decision: 'deny', status: 403 },
  context_missing: { decision: 'deny', status: 403 },
  context_mismatch: { decision: 'deny', status: 403 },
  invalid_arguments: { decision: 'deny', status: 400 },
  missing_scoped_id: { decision: 'deny', status: 400 },
  rate_limit: { decision: 'deny', status: 429 },
  quota_exceeded: { decision: 'deny', status: 429 },
  not_found: { decision: 'allow', status: 404 },
  conflict: { decision: 'allow', status: 409 },
  invalid_transition: { decision: 'allow', status: 409 },
  tool_timeout: { decision: 'allow', status: 504 },
  upstream_unavailable: { decision: 'allow', status: 502 },
  invalid_response: { decision: 'allow', status: 502 },
  response_too_large: { decision: 'allow', status: 502 },
  not_implemented: { decision: 'allow', status: 501 },
  audit_unavailable: { decision: 'allow', status: 503 },
  interrupted: { decision: 'allow', status: 500 },
  internal: { decision: 'allow', status: 500 },
} as const satisfies Record<
  string,
  { readonly decision: 'allow' | 'deny'; readonly status: number }
>;

export type ToolErrorType = keyof typeof toolErrors;

/** What is told of a call that failed. */
export const toolErrorSchema = z.strictObject({
  type: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export type ToolError = z.infer<typeof toolErrorSchema> & { readonly type: ToolErrorType };

/** `structuredContent` of every answer whose result is of that shape. */
export function envelopeOf(result: z.ZodType) {
  return z.union([
    z.object({ status: z.literal('success'), result }),
    z.object({ status: z.literal('error'), error: toolErrorSchema }),
  ]);
}
