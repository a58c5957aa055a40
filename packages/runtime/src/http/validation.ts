import type { FieldError } from '@cynodeai/contracts/common';
import type { z } from 'zod';
import { ProblemError } from './problem-error.ts';

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined,
    input,
  );
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const at = (...keys: PropertyKey[]): string => [...issue.path, ...keys].map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: at(key), message: 'unknown field; remove it' }));
  }
  if (issue.code === 'invalid_union') {
    const first = issue.errors[0]?.[0];
    if (first !== undefined) return [{ field: at(...first.path), message: first.message }];
  }
  return [{ field: at(), message: issue.message }];
}

function wrongVersion(error: z.ZodError, input: unknown): number | undefined {
  const issue = error.issues.find(
    (candidate) => candidate.code === 'invalid_value' && candidate.path.at(-1) === 'version',
  );
  const received = issue && valueAt(input, issue.path);
  return typeof received === 'number' ? received : undefined;
}

/** Longest list of faults in one answer; a hostile body must not be mirrored at length. */
const maxErrors = 20;

/**
 * The refusal for input that breaks its schema. A payload of another `version` than the supported one gets
 * its own kind (REQ-WORKER-0138); values are never echoed.
 */
export function validationProblem(
  error: z.ZodError,
  input: unknown,
  where: 'body' | 'query' | 'params',
): ProblemError {
  const received = wrongVersion(error, input);
  if (received !== undefined) {
    return new ProblemError(
      'unsupported_payload_version',
      `received payload version ${received}; supported: 1`,
      { title: 'Unsupported payload version' },
    );
  }
  const errors = error.issues
    .flatMap(fieldErrors)
    .slice(0, maxErrors)
    .map((fault) => ({
      field: fault.field.slice(0, 200),
      message: fault.message,
    }));
  const summary = errors
    .slice(0, 3)
    .map((fault) => (fault.field === '' ? fault.message : `${fault.field}: ${fault.message}`))
    .join('; ');
  return new ProblemError('validation', `the ${where} is not valid: ${summary}`, { errors });
}
