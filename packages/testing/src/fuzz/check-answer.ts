import { parseJsonOr } from '@cynodeai/runtime/std';
import {
  type ProblemKind,
  type Route,
  problemKindOf,
  problemSchema,
  problemStatus,
} from '@cynodeai/contracts/common';
import { secretCanary } from './canaries.ts';
import type { FuzzCase } from './fuzz-case.ts';
import type { WireAnswer, WireOutcome } from './wire-client.ts';

const requestId = /^[A-Za-z0-9._-]{1,128}$/;

function successFault(route: Route, answer: WireAnswer, isHead: boolean): string | undefined {
  const declared = route.success[answer.status];
  if (declared === undefined)
    return `status ${answer.status} is not declared by ${route.operation}`;
  if (isHead || declared.kind !== 'json') return undefined;
  const parsed = declared.schema.safeParse(parseJsonOr(answer.body));
  return parsed.success ? undefined : `the answer breaks its schema: ${parsed.error.message}`;
}

const neededHeaders: Readonly<Record<number, string>> = {
  401: 'www-authenticate',
  405: 'allow',
  429: 'retry-after',
};

function problemFault(answer: WireAnswer, kinds: readonly ProblemKind[]): string | undefined {
  const { status, headers, body } = answer;
  const type = headers.get('content-type') ?? 'none';
  if (!type.startsWith('application/problem+json')) return `content type ${type} of a refusal`;
  const parsed = problemSchema.safeParse(parseJsonOr(body));
  if (!parsed.success) return `not a problem document: ${parsed.error.message}`;
  const problem = parsed.data;
  const kind = problemKindOf(problem.type);
  if (problem.status !== status) return `problem status ${problem.status} under ${status}`;
  if (problem.instance !== headers.get('x-request-id')) return 'instance is not the request id';
  if (problem.errors !== undefined && kind !== 'validation') return `errors in a ${kind} problem`;
  const known = kinds.find((one) => one === kind);
  if (known === undefined) return `kind ${kind} where only ${kinds.join(', ')} is right`;
  if (problemStatus[known] !== status) return `kind ${kind} under status ${status}`;
  const needed = neededHeaders[status];
  return needed === undefined || headers.has(needed) ? undefined : `no ${needed} header`;
}

function answerFault(fuzzCase: FuzzCase, answer: WireAnswer, isHead: boolean): string | undefined {
  const { expect, route } = fuzzCase;
  const { status, headers } = answer;
  if (status === 500) return '500 is always a defect';
  const id = headers.get('x-request-id');
  if (id === undefined || !requestId.test(id)) return `request id ${id ?? 'missing'}`;
  const isSuccess = status < 400 || route?.success[status] !== undefined;
  if (isSuccess) {
    if (!expect.success) return `accepted where only ${expect.kinds.join(', ')} is right`;
    return route === undefined ? undefined : successFault(route, answer, isHead);
  }
  if (!isHead) return problemFault(answer, expect.kinds);
  return expect.kinds.some((kind) => problemStatus[kind] === status)
    ? undefined
    : `status ${status} where only ${expect.kinds.join(', ')} is right`;
}

function leak(raw: string, answer: WireAnswer, secrets: readonly string[]): string | undefined {
  if (raw.includes(secretCanary)) return 'the answer repeats a secret of the request';
  const refusal = answer.status >= 400;
  const told = refusal && secrets.some((secret) => raw.includes(secret));
  return told ? 'a refusal holds a live secret' : undefined;
}

/** What is wrong with the outcome of a case; undefined when nothing is. */
export function faultOf(
  fuzzCase: FuzzCase,
  outcome: WireOutcome,
  method: string,
  secrets: readonly string[],
): string | undefined {
  switch (outcome.kind) {
    case 'silent':
      return 'no answer until the deadline';
    case 'closed':
      return fuzzCase.expect.mayClose === true && outcome.raw === ''
        ? undefined
        : 'the connection ended without a whole answer';
    case 'answer': {
      const { answer, raw } = outcome;
      return answerFault(fuzzCase, answer, method === 'HEAD') ?? leak(raw, answer, secrets);
    }
  }
}
