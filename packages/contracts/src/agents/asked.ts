import { z } from 'zod';
import { recommendedActionSchema } from './graph-state.ts';
import type { AskName } from './messages.ts';
import { planSchema, planStepSchema } from './plan.ts';

const [answerStep, commandStep] = planStepSchema.options;

/** A step as a planner writes it: what a verification sets, and what no job takes yet, is not asked for. */
const plannedStepSchema = z.discriminatedUnion('kind', [
  answerStep.omit({ remediation: true }),
  commandStep.omit({ remediation: true, requirements: true }),
]);

/** A plan, or no steps and a question to the user. */
export const plannedSchema = z.strictObject({
  ...planSchema.shape,
  steps: z.array(plannedStepSchema),
  question: z.string().optional(),
});

/** Where a quote of a verdict was found: a stream, the exit code, or the path of a file. */
export const verdictSchema = z.strictObject({
  status: z.enum(['pass', 'fail', 'needs_clarification']),
  /** One for each criterion, by its number from 1. */
  criteria: z.array(
    z.strictObject({
      criterion: z.int().positive(),
      met: z.boolean(),
      message: z.string(),
      source: z.string(),
      /** Word for word what shows it. */
      quote: z.string(),
    }),
  ),
  recommended_actions: z.array(recommendedActionSchema).default([]),
});

export type Verdict = z.infer<typeof verdictSchema>;

export const remediationAnswerSchema = z.strictObject({
  recommended_actions: z.array(recommendedActionSchema).min(1),
});

const schemas = {
  plan: plannedSchema,
  verdict: verdictSchema,
  remediation: remediationAnswerSchema,
} as const satisfies Record<Exclude<AskName, 'answer'>, z.ZodType>;

export type AskedName = keyof typeof schemas;

/**
 * Left to whoever reads the answer: a service turns a schema into a grammar, and long bounds or patterns make that too
 * large for it, or are refused.
 */
const notAsked = new Set(
  'pattern minLength maxLength minItems maxItems minimum maximum exclusiveMinimum propertyNames'.split(
    ' ',
  ),
);

/** What an answer must be, as a model call takes it. */
export function askedFormat(name: AskedName) {
  const { $schema: _, ...schema } = z.toJSONSchema(schemas[name], {
    io: 'input',
    override: ({ jsonSchema }) => {
      for (const key of notAsked) Reflect.deleteProperty(jsonSchema, key);
    },
  });
  return { type: 'json_schema' as const, json_schema: { name, schema } };
}

type AskedValue<N extends AskedName> = z.output<(typeof schemas)[N]>;

/** What was read of an answer, or what is wrong with it, for the model to mend. */
export type Read<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'wrong'; readonly faults: readonly string[] };

/** Faults that are told at once. */
const toldFaults = 20;

/** An answer of a model, which is checked before anything of it is used. */
export function readAsked<N extends AskedName>(name: N, value: unknown): Read<AskedValue<N>> {
  if (/\\u(?:0000|d[89a-f])/.test(JSON.stringify(value) ?? '')) {
    return { kind: 'wrong', faults: ['it must not contain U+0000 or half of a character'] };
  }
  const read = schemas[name].safeParse(value);
  if (read.success) return { kind: 'read', value: read.data as AskedValue<N> };
  const faults = read.error.issues.map(
    ({ path, message }) => `${path.length === 0 ? 'it' : path.join('.')}: ${message}`,
  );
  return { kind: 'wrong', faults: faults.slice(0, toldFaults) };
}
