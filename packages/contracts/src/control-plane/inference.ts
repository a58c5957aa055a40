import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { limits } from '../common/limits.ts';
import { textSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';

/** Bounds of one model call of an agent. See docs/reference/inference.md#calls-of-agents. */
export const agentCallLimits = {
  bodyBytes: 4 * 1024 * 1024,
  messages: 500,
  tools: 128,
  toolCalls: 64,
  nameChars: 128,
  /** What an answer may be long at most, tokens. */
  answerTokens: 32_768,
  /** How long a call may take, with waiting for its turn, ms; also what it may take when nothing is said. */
  timeoutMs: { min: 1000, max: 240_000 },
} as const;

const nameSchema = textSchema.min(1).max(agentCallLimits.nameChars);
const modelSchema = textSchema.min(1).max(limits.indexedTextChars);
/** Whether JSON text says the same once it is written again; not by recursion, for values of any depth. */
function keepsItsNumbers(value: unknown): boolean {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'number' && !Number.isFinite(next)) return false;
    if (typeof next !== 'object' || next === null) continue;
    for (const part of Object.values(next)) pending.push(part);
  }
  return true;
}

/** Numbers beyond a double are refused: they would be sent on as `null`. */
const jsonObject = z
  .record(z.string(), z.unknown())
  .refine(keepsItsNumbers, 'must not hold numbers beyond a double');

/** A function that the model may ask to have called; `parameters` is the JSON Schema of its arguments. */
const toolSchema = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: nameSchema,
    description: textSchema.optional(),
    parameters: jsonObject.optional(),
  }),
});

const toolCallSchema = z.strictObject({
  id: nameSchema.optional(),
  function: z.strictObject({ name: nameSchema, arguments: jsonObject }),
});

const messageSchema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.enum(['system', 'user']), content: textSchema }),
  z.strictObject({
    role: z.literal('assistant'),
    content: textSchema,
    tool_calls: z.array(toolCallSchema).max(agentCallLimits.toolCalls).optional(),
  }),
  z.strictObject({
    role: z.literal('tool'),
    content: textSchema,
    tool_name: nameSchema,
    tool_call_id: nameSchema.optional(),
  }),
]);

/** What the answer must be: words, any JSON, or JSON that keeps to a schema. */
const responseFormatSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({ name: nameSchema, schema: jsonObject }),
  }),
]);

/** For whom and for what a model is asked, and what its caller would like. */
const routingSchema = z
  .strictObject({
    agent: z.enum(['project_manager', 'project_analyst']),
    purpose: z.enum(['plan', 'verify', 'step']),
    task_id: uuidSchema.optional(),
    required: z.strictObject({ model_ref: modelSchema.optional() }).optional(),
    override: z
      .strictObject({
        target: z.enum(['local', 'external']).optional(),
        provider: nameSchema.optional(),
        model: modelSchema.optional(),
      })
      .optional(),
  })
  .refine(
    ({ required, override }) =>
      required?.model_ref === undefined ||
      override?.model === undefined ||
      required.model_ref === override.model,
    'required.model_ref and override.model must name the same model',
  )
  .refine(
    ({ override }) => override?.target !== 'local' || override.provider === undefined,
    'override.provider is of external targets',
  );

export const agentCallSchema = z.strictObject({
  routing: routingSchema,
  messages: z.array(messageSchema).min(1).max(agentCallLimits.messages),
  tools: z.array(toolSchema).max(agentCallLimits.tools).optional(),
  response_format: responseFormatSchema.optional(),
  max_tokens: z.int().positive().max(agentCallLimits.answerTokens).optional(),
  timeout_ms: z
    .int()
    .min(agentCallLimits.timeoutMs.min)
    .max(agentCallLimits.timeoutMs.max)
    .optional(),
});

const agentAnswerSchema = z.object({
  message: z.object({
    role: z.literal('assistant'),
    content: z.string(),
    tool_calls: z
      .array(
        z.object({
          id: z.string().optional(),
          function: z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
        }),
      )
      .optional(),
  }),
  /** The model that was asked. */
  model_ref: z.string(),
  target: z.enum(['local', 'external']),
  decision_id: uuidSchema,
  /** `length`: the answer was cut. */
  finish_reason: z.string().optional(),
  /** Absent where the service did not count. */
  usage: z
    .object({ input_tokens: z.int(), output_tokens: z.int(), total_tokens: z.int() })
    .optional(),
});

export type AgentCall = z.infer<typeof agentCallSchema>;
export type AgentAnswer = z.infer<typeof agentAnswerSchema>;

/** Model calls of agents: they know no model's address. See docs/reference/inference.md#calls-of-agents. */
export const agentInferenceRoutes = {
  askModel: defineRoute({
    operation: 'inference.create',
    method: 'POST',
    path: '/v1/internal/inference',
    auth: 'runner',
    summary: 'Ask a model, as what runs workflows or with the token of one of its agents',
    body: agentCallSchema,
    bodyLimitBytes: agentCallLimits.bodyBytes,
    success: { 200: { kind: 'json', schema: agentAnswerSchema } },
    errors: [
      ...bodyErrors,
      'authentication',
      'authorization',
      'routing_refused',
      'not_found',
      'upstream',
      'unavailable',
      'no_inference_path',
      'timeout',
    ],
  }),
} as const;
