import type { Route } from '@cynodeai/contracts/common';
import { CallError } from './call-error.ts';
import type { CallLimit } from './call-limit.ts';
import type { HttpResponse } from './http-client.ts';

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
export async function readText(
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
