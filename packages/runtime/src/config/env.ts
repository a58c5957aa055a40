import type { z } from 'zod';
import { CodedError } from '../std/index.ts';

/** Variables of a process as they were when it was read. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The environment cannot be used; the message lists every fault, one a line. */
export class ConfigError extends CodedError<'config_invalid'> {
  constructor(message: string) {
    super('config_invalid', message);
  }
}

/** The process environment. The only place that reads it; entries pass it on. */
export function readEnv(): Env {
  return process.env;
}

/** Removes a variable, so that children and crash dumps do not carry it. */
export function forgetEnv(name: string): void {
  delete process.env[name];
}

/**
 * Parses variables by a schema whose keys are their names; an empty value counts as unset.
 * @throws ConfigError naming every fault at once; values are never part of the message.
 */
export function parseEnv<S extends z.ZodObject>(schema: S, env: Env): z.infer<S> {
  const known = Object.keys(schema.shape).filter((name) => (env[name] ?? '') !== '');
  const parsed = schema.safeParse(Object.fromEntries(known.map((name) => [name, env[name]])));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return known.includes(name) ? `${name}: ${issue.message}` : `${name} is required`;
  });
  throw new ConfigError(faults.join('\n'));
}
