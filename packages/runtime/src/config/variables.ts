import { z } from 'zod';

/** One environment variable: how its text is read, and what its reader is told about it. */
export interface Variable<F extends z.ZodType = z.ZodType> {
  readonly field: F;
  /** What it does, as one sentence without a full stop. */
  readonly about: string;
  /** The text it counts as while it is unset. */
  readonly default?: string;
  /** Nothing starts without it. */
  readonly required?: true;
  /** For one that is neither required nor has a default: what holds while it is unset. */
  readonly unset?: string;
  /** Its value must not be printed, and goes to no process but those that name it. */
  readonly secret?: true;
}

/** The variables of a role by name: its loader, the launcher and the reference all read this one table. */
export type Environment = Readonly<Record<string, Variable>>;

type Shape<E extends Environment> = {
  -readonly [K in keyof E]: E[K] extends { readonly default: string } | { readonly required: true }
    ? E[K]['field']
    : z.ZodOptional<E[K]['field']>;
};

function fieldOf(variable: Variable): z.ZodType {
  if (variable.required) return variable.field;
  if (variable.default === undefined) return variable.field.optional();
  // The default is read like a value that was set, so that what the reference says is what holds.
  return variable.field.prefault(variable.default);
}

/** The schema by which `parseEnv` reads a role's variables. */
export function schemaOf<const E extends Environment>(environment: E): z.ZodObject<Shape<E>> {
  const shape = Object.entries(environment).map(([name, variable]) => [name, fieldOf(variable)]);
  return z.object(Object.fromEntries(shape) as Shape<E>);
}
