import { problemKindOf, problemSchema, runJobResultSchema } from '@cynodeai/contracts';
import type { HttpAnswer } from '@cynodeai/runtime/http';
import { messageOf, storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import type { WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';

/** Longest part of a node's own words that is kept, bytes. */
const detailBytes = 2048;

/** Faults that happen before a request can have left: nothing was sent. */
const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_NODATA',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'EPROTO',
]);

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Codes of an error, of its causes and of the single failures of an aggregate. */
function codesOf(error: unknown): string[] {
  const code = field(error, 'code');
  const own = typeof code === 'string' ? [code] : [];
  const parts: unknown = field(error, 'errors');
  const inner = Array.isArray(parts) ? parts.flatMap(codesOf) : [];
  const cause: unknown = field(error, 'cause');
  return [...own, ...inner, ...(cause === undefined ? [] : codesOf(cause))];
}

/** What a failed call means: never sent, or gone with an unknown outcome. */
export function answerOfFault(error: unknown): WorkerAnswer {
  const codes = codesOf(error);
  const message = codes[0] ?? messageOf(error);
  if (field(error, 'name') === 'TimeoutError') {
    return {
      kind: 'lost',
      errorType: 'deadline_exceeded',
      message: 'no answer within the job deadline',
    };
  }
  if (codes.length > 0 && codes.every((code) => unsentCodes.has(code))) {
    return { kind: 'unsent', message };
  }
  if (error instanceof RangeError) {
    return { kind: 'lost', errorType: 'malformed_answer', message: messageOf(error) };
  }
  return {
    kind: 'lost',
    errorType: 'connection_lost',
    message: `the connection was lost before the answer (${message})`,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an HTTP answer of `jobs:run` means. Contract 03 section 5.5. */
export function answerOfHttp(answer: HttpAnswer): WorkerAnswer {
  const body = parsed(answer.text);
  if (answer.status === 200) {
    const result = runJobResultSchema.safeParse(body);
    if (result.success) return { kind: 'result', result: result.data };
    const where = result.error.issues[0]?.path.join('.') ?? '';
    return {
      kind: 'lost',
      errorType: 'malformed_answer',
      message: `the answer is not a job result${where === '' ? '' : ` (${where})`}`,
    };
  }
  const problem = problemSchema.safeParse(body);
  const detail = problem.success ? (problem.data.detail ?? problem.data.title) : undefined;
  return {
    kind: 'refused',
    status: answer.status,
    problem: problem.success ? problemKindOf(problem.data.type) : undefined,
    detail: detail === undefined ? undefined : truncateUtf8(storableText(detail), detailBytes).text,
  };
}
