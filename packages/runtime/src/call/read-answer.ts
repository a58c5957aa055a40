import {
  type Problem,
  type ResponseBody,
  type Route,
  problemSchema,
} from '@cynodeai/contracts/common';
import type { z } from 'zod';
import { parseJson, parseJsonOr } from '../std/index.ts';
import { CallError } from './call-error.ts';
import type { CallLimit } from './call-limit.ts';
import type { HttpResponse } from './http-client.ts';
import { type Reading, lenientSchema } from './lenient-schema.ts';

/** Longest part of a refusal that is read, bytes. */
const refusalBytes = 64 * 1024;

/** An answer whose body is to be read, and what is known of its call. */
export interface Arrived {
  readonly route: Route;
  readonly response: HttpResponse;
  readonly requestId: string;
  readonly limit: CallLimit;
}

/** One header of an answer; the first of several. */
export function headerOf({ headers }: HttpResponse, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** At most `maxBytes` of a body as text; the connection is given up when there is more. */
async function readText(
  { response, limit }: Arrived,
  maxBytes: number,
): Promise<{ readonly text: string; readonly whole: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    limit.progress();
    chunks.push(size + chunk.length > maxBytes ? chunk.subarray(0, maxBytes - size) : chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return { text: Buffer.concat(chunks).toString('utf8'), whole: size <= maxBytes };
}

/** An answer of another shape than the route's. */
export function badAnswer(arrived: Arrived, why: string, field?: string): CallError {
  const { route, response, requestId } = arrived;
  const reason = `the answer to ${route.operation} is not of the documented shape: ${why}`;
  return new CallError('bad_answer', reason, {
    status: response.status,
    requestId,
    ...(field !== undefined && { field }),
  });
}

/** What a refusal says of itself, read up to 64 KiB. */
export async function refusalOf(arrived: Arrived): Promise<CallError> {
  const { response, requestId } = arrived;
  const { status } = response;
  const { text } = await readText(arrived, refusalBytes);
  const parsed = problemSchema.safeParse(parseJsonOr(text));
  const problem: Problem | undefined = parsed.data;
  const asked = headerOf(response, 'retry-after') ?? '';
  const words = problem && (problem.detail ?? problem.title);
  return new CallError('refused', `answered ${status}${words ? `: ${words}` : ''}`, {
    status,
    text,
    requestId: problem?.instance ?? headerOf(response, 'x-request-id') ?? requestId,
    ...(problem && { problem }),
    ...(/^\d{1,6}$/.test(asked) && { retryAfterSeconds: Number(asked) }),
  });
}

/** Names the first field at fault. */
function describe(arrived: Arrived, issue: z.core.$ZodIssue | undefined): CallError {
  const field = issue?.path.map(String).join('.') ?? '';
  const why = `${field === '' ? 'the body' : field}: ${issue?.message ?? 'unknown fault'}`;
  return badAnswer(arrived, why, field);
}

function jsonOf(arrived: Arrived, text: string, schema: z.ZodType, reading: Reading): unknown {
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

/**
 * The body of a success that is no stream. @throws CallError `bad_answer` naming the field at fault, `too_large` above
 * `maxBytes`
 */
export async function readBody(
  arrived: Arrived,
  declared: Exclude<ResponseBody, { kind: 'bytes' | 'event-stream' }>,
  { maxBytes, reading }: { readonly maxBytes: number; readonly reading: Reading },
): Promise<unknown> {
  const { text, whole } = await readText(arrived, maxBytes);
  if (!whole) {
    const { status } = arrived.response;
    const { requestId } = arrived;
    const message = `the answer is larger than ${maxBytes} bytes`;
    throw new CallError('too_large', message, { status, requestId });
  }
  if (declared.kind === 'json') return jsonOf(arrived, text, declared.schema, reading);
  return declared.kind === 'text' ? text : undefined;
}
