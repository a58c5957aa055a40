import type { z } from 'zod';
import { parseJson } from '../std/index.ts';
import type { CallError } from './call-error.ts';
import { type Reading, lenientSchema } from './lenient-schema.ts';
import { type Arrived, badAnswer } from './arrived.ts';

/** Names the first field at fault. */
function describe(arrived: Arrived, issue: z.core.$ZodIssue | undefined): CallError {
  const field = issue?.path.map(String).join('.') ?? '';
  const why = `${field === '' ? 'the body' : field}: ${issue?.message ?? 'unknown fault'}`;
  return badAnswer(arrived, why, field);
}

/** The value of a JSON body, of the shape that its schema says. @throws CallError `bad_answer` naming the field at fault */
export function readJson(
  arrived: Arrived,
  text: string,
  schema: z.ZodType,
  reading: Reading,
): unknown {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw badAnswer(arrived, 'it is not JSON', '');
  }
  const parsed = lenientSchema(schema, reading).safeParse(value);
  if (!parsed.success) throw describe(arrived, parsed.error.issues[0]);
  return parsed.data;
}
