import type { Route } from '@cynodeai/contracts/common';
import type { z } from 'zod';
import { GatewayError } from './gateway-error.ts';
import type { Answer } from './transport.ts';

function malformed(route: Route, answer: Answer, why: string): GatewayError {
  const text = `the answer to ${route.operation} is not of the documented shape: ${why}`;
  return new GatewayError('gateway', text, {
    requestId: answer.requestId,
    status: answer.status,
  });
}

function json(route: Route, answer: Answer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    throw malformed(route, answer, 'it is not JSON');
  }
}

/** Names the first field at fault; a union is entered so that the field is the innermost known one. */
function describe(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'unknown fault';
  const field = issue.path.map(String).join('.');
  return `${field === '' ? 'the body' : field}: ${issue.message}`;
}

/**
 * The body of a 2xx answer, validated by its route; unknown fields are dropped or kept as the schema says.
 * @throws GatewayError `gateway` naming the field at fault. Contract 05 section 5.
 */
export function parseAnswer(route: Route, answer: Answer): unknown {
  const declared = route.success[answer.status];
  if (declared === undefined) throw malformed(route, answer, `status ${answer.status}`);
  if (declared.kind === 'text') return answer.text;
  if (declared.kind !== 'json') return undefined;
  const parsed = declared.schema.safeParse(json(route, answer));
  if (parsed.success) return parsed.data;
  throw malformed(route, answer, describe(parsed.error.issues[0]));
}
